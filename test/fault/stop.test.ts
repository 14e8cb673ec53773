import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { builtMain } from '../support/builtServer.js';
import { connectJson, type JsonResponse } from '../support/connectJson.js';
import { eventually } from '../support/eventually.js';
import { type ServiceProcess, startProcess } from '../support/serviceProcess.js';

const KEY = randomBytes(24).toString('base64url');

beforeAll(() => builtMain(), 120_000);

let dataDir: string;
let service: ServiceProcess;
beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'countersign-stop-'));
  service = await start();
});
afterEach(async () => {
  await service.end('SIGKILL');
  await rm(dataDir, { recursive: true, force: true });
});
const start = () =>
  startProcess({ OTP_DATA_DIR: dataDir, OTP_BOOTSTRAP_API_KEY: KEY, OTP_HASH_CONCURRENCY: '1' });

describe.each(['SIGTERM', 'SIGINT'] as const)('%s', (signal) => {
  it('right after the start ends it in order', async () => {
    expect(await service.end(signal)).toEqual({ code: 0, signal: null });
    expect(service.complaints()).toBe('');
  });

  it('completes every running call, accepts no new one, and leaves nothing undone', async () => {
    const call = connectJson(service.baseUrl, KEY);
    // Hashes take their turns one by one, so many of these calls wait when the signal comes.
    const sends = Array.from({ length: 20 }, (_, i) =>
      call('otp.v1.OtpService/Send', { recipients: { email: `stop.${signal}.${i}@example.com` } }),
    );
    // When some have their response, all have long been accepted.
    let responded = 0;
    for (const send of sends) void send.then(() => responded++);
    await eventually(() => responded >= 5);
    const ended = service.end(signal);
    const responses: JsonResponse[] = await Promise.all(sends);
    expect(responses.map(({ status }) => status)).toEqual(responses.map(() => 200));
    expect(await ended).toEqual({ code: 0, signal: null });
    await expect(call('otp.v1.OtpService/ListSessions', {})).rejects.toThrow();

    service = await start();
    const again = connectJson(service.baseUrl, KEY);
    const sent = responses.map(({ body }) => body.session.id).sort();
    const delivered = await eventually(async () => {
      const ids = (await service.inbox()).map(({ session_id }) => session_id);
      return ids.length >= 20 && ids;
    });
    expect(delivered.sort()).toEqual(sent);
    const { body } = await again('otp.v1.OtpService/ListSessions', { pageSize: 100 });
    expect(body.sessions.map(({ id }: { id: string }) => id).sort()).toEqual(sent);
  });
});

it('a Ctrl-C that comes twice at once, from the terminal and from npm, ends it in order', async () => {
  service.process.kill('SIGINT');
  await new Promise((resolve) => setImmediate(resolve));
  expect(await service.end('SIGINT')).toEqual({ code: 0, signal: null });
});

it('a second signal ends it at once, even if calls still run', async () => {
  const slow = connect(service.port, '127.0.0.1');
  await once(slow, 'connect');
  slow.on('error', () => {});
  slow.write(
    'POST /otp.v1.OtpService/Send HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 100\r\n\r\n{',
  );
  // Its first bytes have been read once another connection has its response.
  expect((await fetch(`${service.baseUrl}/healthz`)).status).toBe(200);
  service.process.kill('SIGTERM');
  // It has heard the first signal when it takes no more connections.
  await eventually(() =>
    fetch(`${service.baseUrl}/healthz`).then(
      () => false,
      () => true,
    ),
  );
  expect(await service.end('SIGTERM')).toEqual({ code: 1, signal: null });
  slow.destroy();
});
