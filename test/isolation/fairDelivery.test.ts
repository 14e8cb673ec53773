import { expect, it } from 'vitest';
import type { Message, Outcome, Provider } from '../../server/delivery/provider.js';
import { connectJson } from '../support/connectJson.js';
import { eventually } from '../support/eventually.js';
import { startService } from '../support/service.js';
import { newKey } from '../support/tenant.js';

it("delivers another workspace's message before the next of one that has hundreds waiting for a slow provider", async () => {
  const began: Message[] = [];
  const ends: (() => void)[] = [];
  const email: Provider = {
    name: 'slow',
    channels: ['email'],
    timeoutMs: 3_600_000,
    send(message) {
      began.push(message);
      return new Promise<Outcome>((resolve) => ends.push(() => resolve({ kind: 'accepted' })));
    },
    async close() {},
  };
  const service = await startService({ overrides: { providers: { email } } });
  const as = async (workspace: string) => connectJson(service.baseUrl, await newKey(service, workspace));
  const send = (call: Awaited<ReturnType<typeof as>>, to: string) =>
    call('otp.v1.OtpService/Send', { recipients: { email: to } });
  const [a, b] = [await as('a'), await as('b')];
  for (let n = 0; n < 300; n += 20)
    await Promise.all(Array.from({ length: 20 }, (_, i) => send(a, `a${n + i}@example.com`)));
  await eventually(() => began.length >= 20);
  const before = began.length;
  expect(before).toBeLessThan(32);
  // Nothing of A has ended: B's message does not wait for any of it.
  expect((await send(b, 'b@example.com')).status).toBe(200);
  await eventually(() => began.length > before);
  expect(began[before]).toMatchObject({ workspace: 'b', to: 'b@example.com' });

  const finishing = setInterval(() => {
    for (const end of ends.splice(0)) end();
  }, 1);
  await eventually(() => began.length === 301);
  clearInterval(finishing);
  for (const end of ends.splice(0)) end();
  await service.stop();
  expect(new Set(began.map(({ id }) => id)).size).toBe(301);
}, 60_000);
