import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MongoClient } from 'mongodb';
import { afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { builtMain } from '../support/builtServer.js';
import { connectJson } from '../support/connectJson.js';
import { eventually } from '../support/eventually.js';
import { describeWithMongo, freshDatabase } from '../support/mongodb.js';
import { type RecordingSmtp, startRecordingSmtp } from '../support/recordingSmtp.js';
import { type ServiceProcess, startProcess } from '../support/serviceProcess.js';
import { startTcpProxy, type TcpProxy } from '../support/tcpProxy.js';

const KEY = randomBytes(24).toString('base64url');
/** A call promises a response within three seconds; the rest is for a busy machine. */
const IN_TIME = 6_000;

beforeAll(() => builtMain(), 120_000);

describeWithMongo('a service whose MongoDB goes away', (mongodb) => {
  let name: string;
  let dataDir: string;
  let proxy: TcpProxy;
  let smtp: RecordingSmtp;
  let service: ServiceProcess;
  let call: ReturnType<typeof connectJson>;
  beforeEach(async () => {
    name = freshDatabase();
    dataDir = await mkdtemp(join(tmpdir(), 'countersign-away-'));
    const { host, port } = new MongoClient(mongodb.uri(name)).options.hosts[0]!;
    proxy = await startTcpProxy({ host: host!, port: port! });
    smtp = await startRecordingSmtp();
    const uri = new URL(mongodb.uri(name).replace(/(\/\/(?:[^@/]*@)?)[^/?]*/, `$1127.0.0.1:${proxy.port}`));
    uri.searchParams.set('directConnection', 'true');
    service = await startProcess({
      OTP_DATA_DIR: dataDir,
      OTP_BOOTSTRAP_API_KEY: KEY,
      OTP_HASH: 'hmac',
      OTP_SMTP_URL: smtp.url,
      MONGODB_URI: uri.href,
    });
    call = connectJson(service.baseUrl, KEY);
  });
  afterEach(async () => {
    proxy.mend();
    const ending = await service.end();
    await smtp.close();
    await proxy.close();
    await rm(dataDir, { recursive: true, force: true });
    await mongodb.drop(name);
    expect(ending).toEqual({ code: 0, signal: null });
  });

  const readiness = async () => (await fetch(`${service.baseUrl}/readyz`)).status;
  const mailTo = (email: string) => eventually(() => smtp.mails.find(({ to }) => to[0] === email));
  const codeIn = (mail: Awaited<ReturnType<typeof mailTo>>) => /\d{6}/.exec(mail.parsed.text!)![0];

  it.each(['cut', 'stall'] as const)(
    '(%s) says so in time, and works again by itself when it is back',
    async (fault) => {
      const sent = await call('otp.v1.OtpService/Send', { recipients: { email: 'before@example.com' } });
      const sessionId = sent.body.session.id;
      const code = codeIn(await mailTo('before@example.com'));
      expect(await readiness()).toBe(200);

      proxy[fault]();
      const startedAt = performance.now();
      const responses = await Promise.all([
        call('otp.v1.OtpService/Send', { recipients: { email: 'during@example.com' } }),
        call('otp.v1.OtpService/Verify', { sessionId, code }),
        call('otp.v1.OtpService/Resend', { sessionId }),
        call('otp.v1.OtpService/GetSession', { sessionId }),
        call('otp.v1.OtpService/ListSessions', {}),
        call('otp.v1.OtpService/CancelSession', { sessionId }),
        call('otp.admin.v1.WorkspaceService/ListWorkspaces', {}),
      ]);
      expect(performance.now() - startedAt).toBeLessThan(IN_TIME);
      for (const { status, reason, body } of responses) {
        expect({ status, reason, code: body.code }).toEqual({
          status: 503,
          reason: 'STORE_UNAVAILABLE',
          code: 'unavailable',
        });
        expect(JSON.stringify(body)).not.toMatch(/mongo|127\.0\.0\.1|ECONN|socket/i);
      }
      expect(await readiness()).toBe(503);
      // The process itself is healthy and must not be restarted.
      expect((await fetch(`${service.baseUrl}/healthz`)).status).toBe(200);

      proxy.mend();
      await eventually(async () => (await readiness()) === 200);
      const verified = await eventually(async () => {
        const response = await call('otp.v1.OtpService/Verify', { sessionId, code });
        return response.status !== 503 && response;
      });
      expect(verified.body.session.status).toBe('SESSION_STATUS_APPROVED');
      await call('otp.v1.OtpService/Send', { recipients: { email: 'after@example.com' } });
      await mailTo('after@example.com');
      expect(smtp.mails.filter(({ to }) => to[0] === 'during@example.com')).toEqual([]);
    },
  );

  it('while it delivers sends each message once all the same', async () => {
    smtp.misbehave('data', 451);
    const { body } = await call('otp.v1.OtpService/Send', { recipients: { email: 'held@example.com' } });
    await eventually(() => smtp.reached('data') >= 1);
    proxy.cut();
    smtp.misbehave('data', undefined);
    expect((await call('otp.v1.OtpService/GetSession', { sessionId: body.session.id })).status).toBe(503);
    proxy.mend();
    await mailTo('held@example.com');
    const state = await eventually(async () => {
      const { body: seen } = await call('otp.v1.OtpService/GetSession', { sessionId: body.session.id });
      const [channel] = seen.session?.channels ?? [];
      return channel?.deliveryState !== 'DELIVERY_STATE_QUEUED' && channel?.deliveryState;
    });
    expect(state).toBe('DELIVERY_STATE_ACCEPTED');
    expect(smtp.mails).toHaveLength(1);
  });
});
