import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, it } from 'vitest';
import { systemClock } from '../../server/platform/clock.js';
import { connectJson } from '../support/connectJson.js';
import { eachEngine } from '../support/engines.js';
import { eventually } from '../support/eventually.js';
import { startService } from '../support/service.js';
import { newKey } from '../support/tenant.js';

const SLOW = ['/a1', '/a2', '/a3', '/a4'];
/** Each is one event for each of the four endpoints. */
const SESSIONS = 24;

/** Endpoints that keep every request open until the test ends it. */
async function startEndpoints() {
  const arrived: string[] = [];
  const open = new Set<ServerResponse>();
  let mostOpen = 0;
  let isEnding = false;
  const server = createServer((req, res) => {
    arrived.push(req.url ?? '');
    req.resume();
    if (isEnding) res.writeHead(204).end();
    else {
      open.add(res.on('close', () => open.delete(res)));
      mostOpen = Math.max(mostOpen, open.size);
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    arrived,
    /** Requests that were open at the same time. */
    mostOpen: () => mostOpen,
    endAll() {
      isEnding = true;
      for (const res of open) res.writeHead(204).end();
    },
    close: () => new Promise((resolve) => server.close(resolve)),
  };
}

eachEngine((engine) => {
  it("sends another workspace's event while four endpoints of one leave all their requests without a response", {
    timeout: 120_000,
  }, async () => {
    const endpoints = await startEndpoints();
    const documents = await engine.open();
    const service = await startService({ documents, clock: systemClock });
    const as = async (workspace: string) => connectJson(service.baseUrl, await newKey(service, workspace));
    const listen = async (call: Awaited<ReturnType<typeof as>>, path: string) => {
      const webhookEndpoint = { url: endpoints.url + path, eventTypes: ['session.canceled'] };
      const made = await call('otp.admin.v1.WebhookService/CreateWebhookEndpoint', { webhookEndpoint });
      expect(made.status, JSON.stringify(made.body)).toBe(200);
    };
    const cancelOne = async (call: Awaited<ReturnType<typeof as>>, email: string) => {
      const sent = await call('otp.v1.OtpService/Send', { recipients: { email } });
      const sessionId = sent.body.session.id as string;
      expect((await call('otp.v1.OtpService/CancelSession', { sessionId })).status).toBe(200);
    };
    const [a, b] = [await as('a'), await as('b')];
    for (const path of SLOW) await listen(a, path);
    await listen(b, '/b');
    for (let n = 0; n < SESSIONS; n += 8)
      await Promise.all(Array.from({ length: 8 }, (_, i) => cancelOne(a, `a${n + i}@example.com`)));
    // As many as one workspace may have, and so far below the 32 there are.
    await eventually(() => endpoints.arrived.length >= 20);
    expect(endpoints.mostOpen()).toBeLessThan(32);
    await cancelOne(b, 'b@example.com');
    await eventually(() => endpoints.arrived.includes('/b'));
    // A request is given up after ten seconds, so on a slow machine some of A's next ones may have begun. In the
    // order of their events all of A's would come first.
    expect(endpoints.arrived.indexOf('/b')).toBeLessThan(SLOW.length * SESSIONS);
    endpoints.endAll();
    await service.stop();
    await endpoints.close();
  });
});
