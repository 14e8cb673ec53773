import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { systemClock } from '../../server/platform/clock.js';
import { connectJson } from '../support/connectJson.js';
import { eventually } from '../support/eventually.js';
import { startService, type TestService } from '../support/service.js';

/** Clients that are slow, silent or many shall not be noticed by anybody else. */
let service: TestService<typeof systemClock>;
const sockets: Socket[] = [];
beforeAll(async () => {
  service = await startService({ clock: systemClock });
});
afterAll(async () => {
  for (const socket of sockets) socket.destroy();
  await service.stop();
});

async function slow(sends: string): Promise<Socket> {
  const socket = connect(service.port, '127.0.0.1').on('error', () => {});
  sockets.push(socket);
  await once(socket, 'connect');
  socket.write(sends);
  return socket;
}

let people = 0;
/** Another caller's day: a code sent, read and verified. */
async function worksForOthers(): Promise<void> {
  const call = connectJson(service.baseUrl, service.liveKey);
  const { status, body } = await call('otp.v1.OtpService/Send', {
    recipients: { email: `other.${people++}@example.com` },
  });
  expect(status).toBe(200);
  const { text } = await eventually(async () =>
    (await service.inbox()).find(({ session_id }) => session_id === body.session.id),
  );
  const verified = await call('otp.v1.OtpService/Verify', {
    sessionId: body.session.id,
    code: /\d{6}/.exec(text)![0],
  });
  expect(verified.body.session.status).toBe('SESSION_STATUS_APPROVED');
}

describe('a service is there for others while', () => {
  const head = 'POST /otp.v1.OtpService/Send HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n';

  it.each([
    ['half a request line', 'POST /otp.v1.Otp'],
    ['half a header', `${head}authoriz`],
    ['half a body', `${head}content-length: 1000\r\n\r\n{"recipients":`],
    ['half an HTTP/2 preface', 'PRI * HTTP/2.0\r\n\r\nSM'],
    ['nothing after an HTTP/2 preface', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'],
  ])('a hundred clients have sent %s', async (_what, sends) => {
    await Promise.all(Array.from({ length: 100 }, () => slow(sends)));
    await worksForOthers();
    for (const socket of sockets.splice(0)) socket.destroy();
  });

  it('500 idle connections are open', async () => {
    await Promise.all(Array.from({ length: 500 }, () => slow('')));
    await worksForOthers();
    for (const socket of sockets.splice(0)) socket.destroy();
  });

  it('a client reads none of its responses', async () => {
    const authorization = `authorization: Bearer ${service.liveKey}\r\n`;
    const body = '{"pageSize":100}';
    const request = `POST /otp.v1.OtpService/ListSessions HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n${authorization}content-length: ${body.length}\r\n\r\n${body}`;
    const deaf = await slow('');
    deaf.pause();
    deaf.write(request.repeat(200));
    await worksForOthers();
  });
});
