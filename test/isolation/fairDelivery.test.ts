import { expect, it } from 'vitest';
import type { Message, Outcome, Provider } from '../../server/delivery/provider.js';
import { connectJson } from '../support/connectJson.js';
import { eachEngine } from '../support/engines.js';
import { eventually } from '../support/eventually.js';
import { startService } from '../support/service.js';
import { newKey } from '../support/tenant.js';

/** A provider that ends no request until the test says so, and takes others only then. */
function slowProvider() {
  const began: Message[] = [];
  const ends: (() => void)[] = [];
  const provider: Provider = {
    name: 'slow',
    channels: ['email'],
    timeoutMs: 3_600_000,
    send(message) {
      began.push(message);
      return new Promise<Outcome>((resolve) => ends.push(() => resolve({ kind: 'accepted' })));
    },
    async close() {},
  };
  return { began, ends, provider };
}

eachEngine((engine) => {
  // The MongoDB of the tests is slow to fill.
  const sends = engine.name === 'embedded' ? 1_500 : 200;

  it(`delivers another workspace's message before the next of one that has ${sends} waiting for a slow provider`, {
    timeout: 240_000,
  }, async () => {
    const { began, ends, provider } = slowProvider();
    const documents = await engine.open();
    const service = await startService({ documents, overrides: { providers: { email: provider } } });
    const as = async (workspace: string) => connectJson(service.baseUrl, await newKey(service, workspace));
    const send = async (call: Awaited<ReturnType<typeof as>>, to: string) =>
      expect((await call('otp.v1.OtpService/Send', { recipients: { email: to } })).status).toBe(200);
    const [a, b] = [await as('a'), await as('b')];
    for (let n = 0; n < sends; n += 20)
      await Promise.all(Array.from({ length: 20 }, (_, i) => send(a, `a${n + i}@example.com`)));
    await eventually(() => began.length >= 20);
    const before = began.length;
    expect(before).toBeLessThan(32);
    // Nothing of A has ended: B's message does not wait for any of it.
    await send(b, 'b@example.com');
    await eventually(() => began.length > before);
    expect(began[before]).toMatchObject({ workspace: 'b', to: 'b@example.com' });

    // Another one begins as soon as one of A has ended, before A's next.
    const seen = began.length;
    await send(b, 'b2@example.com');
    await eventually(() => began.length > seen);
    expect(began[seen]).toMatchObject({ workspace: 'b', to: 'b2@example.com' });
    for (const end of ends) end();
    const later = setInterval(() => {
      for (const end of ends.splice(0)) end();
    }, 1);
    await service.stop();
    clearInterval(later);
    expect(new Set(began.map(({ id }) => id)).size).toBe(began.length);
  });
});
