import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'libsql';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Documents } from '../../server/store/documents.js';
import { openMongo } from '../../server/store/mongo.js';
import { builtMain } from '../support/builtServer.js';
import { connectJson } from '../support/connectJson.js';
import { type FirstRelease, unpackFirstRelease } from '../support/firstRelease.js';
import { ManualClock } from '../support/manualClock.js';
import { describeWithMongo, freshDatabase } from '../support/mongodb.js';
import { startService, type TestService } from '../support/service.js';
import { refusedStart, type ServiceProcess, startProcess } from '../support/serviceProcess.js';

const TRY_AGAIN = 75;
const KEY = 'a-bootstrap-key-of-these-tests-0123456789';

beforeAll(() => builtMain(), 120_000);

let dataDir: string;
beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'countersign-versions-'));
});
afterEach(() => rm(dataDir, { recursive: true, force: true }));

describe('a data folder of release 0.1', () => {
  let known: FirstRelease;
  let service: TestService;
  beforeEach(async () => {
    known = await unpackFirstRelease(dataDir);
    service = await startService({
      clock: new ManualClock(known.at + 1_000),
      env: { OTP_DATA_DIR: dataDir, OTP_MASTER_KEYS: known.masterKeys },
    });
  });
  afterEach(() => service.stop());

  it('serves on: its codes are accepted once, its tokens redeem once, its ends are kept', async () => {
    const call = connectJson(service.baseUrl, known.key);
    const verify = (sessionId: string, code: string) => call('otp.v1.OtpService/Verify', { sessionId, code });
    const { pending, wrong, approved, redeemed, canceled } = known;
    expect((await verify(pending.id, pending.code)).status).toBe(200);
    expect((await verify(pending.id, pending.code)).reason).toBe('ALREADY_VERIFIED');
    expect((await verify(wrong.id, wrong.code)).status).toBe(200);
    expect((await verify(canceled, '000000')).reason).toBe('SESSION_CANCELED');
    const redeem = ({ token }: { token: string }) =>
      call('otp.v1.VerificationTokenService/Redeem', {
        verificationToken: token,
        operation: { type: 'payment', id: '2' },
      });
    expect((await redeem(redeemed)).reason).toBe('TOKEN_REDEEMED');
    expect((await redeem(approved)).status).toBe(200);
    expect((await redeem(approved)).reason).toBe('TOKEN_REDEEMED');
  });

  it('lists every session, and knows the request id of an earlier Send', async () => {
    const call = connectJson(service.baseUrl, known.key);
    const { body } = await call('otp.v1.OtpService/ListSessions', { pageSize: 100 });
    const ids = body.sessions.map(({ id }: { id: string }) => id);
    const { pending, wrong, approved, redeemed, canceled, once, queued } = known;
    expect(ids.sort()).toEqual(
      [pending.id, wrong.id, approved.id, redeemed.id, canceled, once, queued].sort(),
    );
    const repeated = await call('otp.v1.OtpService/Send', {
      recipients: { sms: '+4915112345675' },
      requestId: 'fixture-request',
    });
    expect(repeated.body.session.id).toBe(once);
  });
});

/** It must end by itself, with one line in its log. */
async function endsBecause(running: ServiceProcess, why: RegExp): Promise<void> {
  expect(await running.ended).toEqual({ code: TRY_AGAIN, signal: null });
  expect(running.complaints()).toMatch(why);
  expect(running.complaints().trim().split('\n')).toHaveLength(1);
}

describe('a process that meets another release', () => {
  it('ends when the tables of its file have been rebuilt; what it refused is not there', async () => {
    const running = await startProcess({
      OTP_DATA_DIR: dataDir,
      OTP_BOOTSTRAP_API_KEY: KEY,
      OTP_HASH: 'hmac',
    });
    const call = connectJson(running.baseUrl, KEY);
    const send = () => call('otp.v1.OtpService/Send', { recipients: { email: 'a@example.com' } });
    expect((await send()).status).toBe(200);
    const other = new Database(join(dataDir, 'countersign.db'));
    const [before] = other.prepare('PRAGMA user_version').raw().get() as number[];
    other.exec(`PRAGMA busy_timeout = 5000; PRAGMA user_version = ${before! + 256}`);
    other.close();
    // It may have ended before it responds.
    expect((await send().catch(() => ({ status: 503 }))).status).toBe(503);
    await endsBecause(running, /another release of Countersign has rebuilt the tables/);
  });

  it('does not start on a file of a newer release', async () => {
    const first = await startProcess({ OTP_DATA_DIR: dataDir });
    await first.end();
    const newer = new Database(join(dataDir, 'countersign.db'));
    newer.exec('PRAGMA user_version = 259');
    newer.close();
    const { code, complaints } = await refusedStart({ OTP_DATA_DIR: dataDir });
    expect(code).toBe(1);
    expect(complaints).toMatch(/written by a newer release of Countersign; use that release/);
  });
});

describeWithMongo('a process that meets a newer release on MongoDB', (mongodb) => {
  const name = freshDatabase();
  let documents: Documents;
  afterEach(async () => {
    await documents.close();
    await mongodb.drop(name);
  });

  it('ends when its documents cannot be read by it any more, and does not start again', {
    timeout: 30_000,
  }, async () => {
    const env = { OTP_DATA_DIR: dataDir, MONGODB_URI: mongodb.uri(name) };
    const running = await startProcess(env);
    documents = await openMongo({ uri: mongodb.uri(name) });
    await documents
      .collection('meta')
      .findOneAndUpdate({ _id: 'format' }, { $set: { written: 99, readableSince: 99 } });
    await endsBecause(running, /newer release of Countersign \(format 99/);
    const { code, complaints } = await refusedStart(env);
    expect(code).toBe(1);
    expect(complaints).toMatch(/Start that release/);
  });
});
