import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { builtMain } from '../support/builtServer.js';
import { connectJson, type JsonResponse } from '../support/connectJson.js';
import { eventually } from '../support/eventually.js';
import { describeWithMongo, freshDatabase } from '../support/mongodb.js';
import { type RecordingSmtp, startRecordingSmtp } from '../support/recordingSmtp.js';
import { type ServiceProcess, startProcess } from '../support/serviceProcess.js';

const KEY = randomBytes(24).toString('base64url');

beforeAll(() => builtMain(), 120_000);

/** Two processes, started at once on a store that was empty, share everything. */
function suite(
  env: (dataDir: string) => Readonly<Record<string, string>>,
  tidy: () => Promise<void>,
  codes: number,
) {
  let dataDir: string;
  let smtp: RecordingSmtp;
  let processes: ServiceProcess[];
  let calls: ReturnType<typeof connectJson>[];
  beforeAll(async () => {
    dataDir = await mkdtemp(join(tmpdir(), 'countersign-shared-'));
    smtp = await startRecordingSmtp();
    const settings = {
      OTP_DATA_DIR: dataDir,
      OTP_BOOTSTRAP_API_KEY: KEY,
      OTP_HASH: 'hmac',
      OTP_SMTP_URL: smtp.url,
      ...env(dataDir),
    };
    processes = await Promise.all([startProcess(settings), startProcess(settings)]);
    calls = processes.map(({ baseUrl }) => connectJson(baseUrl, KEY));
  }, 60_000);
  afterAll(async () => {
    expect(await Promise.all(processes.map((one) => one.end()))).toEqual(
      processes.map(() => ({ code: 0, signal: null })),
    );
    await smtp.close();
    await rm(dataDir, { recursive: true, force: true });
    await tidy();
  });

  /** The same call made many times at once, by both in turn: the response of each. */
  const both = (times: number, method: string, message: object): Promise<JsonResponse[]> =>
    Promise.all(Array.from({ length: times }, (_, i) => calls[i % 2]!(`otp.v1.${method}`, message)));
  const tally = (responses: readonly JsonResponse[]) => {
    const counts: Record<string, number> = {};
    for (const { reason = 'OK' } of responses) counts[reason] = (counts[reason] ?? 0) + 1;
    return counts;
  };
  let people = 0;
  const sent = async () => {
    const email = `shared.${people++}@example.com`;
    const { body } = await calls[people % 2]!('otp.v1.OtpService/Send', { recipients: { email } });
    const mail = await eventually(() => smtp.mails.find(({ to }) => to[0] === email));
    return { sessionId: body.session.id as string, code: /\d{6}/.exec(mail.parsed.text!)![0] };
  };

  it('the limit of a recipient', async () => {
    const responses = await both(20, 'OtpService/Send', { recipients: { email: 'limited@example.com' } });
    expect(tally(responses)).toEqual({ OK: 5, RATE_LIMITED: 15 });
  });

  it('the attempts of a session', async () => {
    const { sessionId, code } = await sent();
    const wrong = code.startsWith('0') ? '100000' : '000000';
    const responses = await both(30, 'OtpService/Verify', { sessionId, code: wrong });
    expect(tally(responses)).toEqual({ INVALID_CODE: 3, ATTEMPTS_EXHAUSTED: 27 });
  });

  it('the one acceptance of a right code, and of its proof', async () => {
    const { sessionId, code } = await sent();
    const responses = await both(20, 'OtpService/Verify', { sessionId, code });
    expect(tally(responses).OK).toBe(1);
    const { verificationToken } = responses.find(({ reason }) => !reason)!.body;
    const request = { verificationToken, operation: { type: 'payment', id: '1' } };
    const redeemed = await both(20, 'VerificationTokenService/Redeem', request);
    expect(tally(redeemed)).toEqual({ OK: 1, TOKEN_REDEEMED: 19 });
  });

  it.each([1, 2])(
    `the one acceptance of each of ${codes} codes that are entered 20 times at once, through %i of them`,
    {
      timeout: 90_000,
    },
    async (through) => {
      for (let done = 0; done < codes; done += 10) {
        // One after the other: the test server for MongoDB is slow, and a response that is lost is no acceptance.
        for (const { sessionId, code } of await Promise.all(Array.from({ length: 10 }, sent))) {
          const entered = Array.from({ length: 20 }, (_, i) =>
            calls[i % through]!('otp.v1.OtpService/Verify', { sessionId, code }),
          );
          const { OK = 0, STORE_UNAVAILABLE = 0 } = tally(await Promise.all(entered));
          expect(OK).toBeLessThanOrEqual(1);
          // Twenty at once may be more than the test server for MongoDB serves in time: then none may be compared.
          if (STORE_UNAVAILABLE === 0) expect(OK).toBe(1);
        }
      }
    },
  );

  it('the session of one request id', async () => {
    const request = { recipients: { email: 'once@example.com' }, requestId: 'once' };
    const responses = await both(10, 'OtpService/Send', request);
    const ids = responses.flatMap(({ body }) => body.session?.id ?? []);
    expect(new Set(ids).size).toBe(1);
    const { OK = 0, REQUEST_IN_PROGRESS = 0 } = tally(responses);
    expect(OK + REQUEST_IN_PROGRESS).toBe(10);
  });

  it('the work of delivering: every message leaves once', { timeout: 90_000 }, async () => {
    const addresses = Array.from({ length: 40 }, (_, i) => `worker.${i}@example.com`);
    const send = (email: string, i: number) =>
      calls[i % 2]!('otp.v1.OtpService/Send', { recipients: { email } });
    const responses: JsonResponse[] = [];
    // Not all at once: the test server for MongoDB is slow, and a response that comes too late is an error.
    for (let next = 0; next < addresses.length; next += 8)
      responses.push(...(await Promise.all(addresses.slice(next, next + 8).map(send))));
    expect(tally(responses)).toEqual({ OK: addresses.length });
    const ids = new Set(responses.map(({ body }) => body.session.id));
    await eventually(async () => {
      const { body } = await calls[0]!('otp.v1.OtpService/ListSessions', { pageSize: 100 });
      const states = body.sessions
        .filter(({ id }: { id: string }) => ids.has(id))
        .map(({ channels: [channel] }: { channels: { deliveryState: string }[] }) => channel!.deliveryState);
      return states.every((state: string) => state === 'DELIVERY_STATE_ACCEPTED');
    });
    const reached = smtp.mails.map(({ to }) => to[0]!).filter((to) => to.startsWith('worker.'));
    expect(reached.sort()).toEqual([...addresses].sort());
  });

  it('API keys: one made by one is known to the other, and no longer once it is revoked', async () => {
    const apiKey = { displayName: 'shared', scopes: ['sessions.read'], mode: 'MODE_LIVE' };
    const { body } = await calls[0]!('otp.admin.v1.ApiKeyService/CreateApiKey', { apiKey });
    const call = connectJson(processes[1]!.baseUrl, body.secret);
    expect((await call('otp.v1.OtpService/ListSessions', {})).status).toBe(200);
    const deleted = await calls[0]!('otp.admin.v1.ApiKeyService/DeleteApiKey', { id: body.apiKey.id });
    expect(deleted.status).toBe(200);
    await eventually(async () => (await call('otp.v1.OtpService/ListSessions', {})).status === 401);
  });
}

describe('two processes on one embedded file share', () => {
  suite(() => ({}), async () => {}, 60);
});

describeWithMongo('two processes on one MongoDB share', (mongodb) => {
  const name = freshDatabase();
  // Each has a folder of its own, so they share the keys that open the store by configuration.
  const masterKeys = `1:${randomBytes(32).toString('base64')}`;
  suite(
    () => ({ MONGODB_URI: mongodb.uri(name), OTP_MASTER_KEYS: masterKeys }),
    () => mongodb.drop(name),
    10,
  );
});
