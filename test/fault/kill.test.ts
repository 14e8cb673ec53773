import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { SESSION_LIMITS } from '../../server/session/limits.js';
import { builtMain } from '../support/builtServer.js';
import { connectJson } from '../support/connectJson.js';
import { eventually } from '../support/eventually.js';
import { describeWithMongo, freshDatabase } from '../support/mongodb.js';
import { type RecordingSmtp, startRecordingSmtp } from '../support/recordingSmtp.js';
import { type ProcessOptions, type ServiceProcess, startProcess } from '../support/serviceProcess.js';

const KEY = randomBytes(24).toString('base64url');
const AT_ONCE = 20;
/** Longer than any claim of a message lasts. */
const LATER = { ahead: 40_000 };

beforeAll(() => builtMain(), 120_000);

/** A start takes long on a machine that runs other tests beside it, and so does the test server for MongoDB. */
const timeout = 180_000;

let dataDir: string;
let smtp: RecordingSmtp;
let service: ServiceProcess | undefined;
beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'countersign-kill-'));
  smtp = await startRecordingSmtp();
});
afterEach(async () => {
  await service?.end('SIGKILL');
  await smtp.close();
  await rm(dataDir, { recursive: true, force: true });
});

async function start(more: Readonly<Record<string, string>>, options: ProcessOptions = {}) {
  const env = { OTP_DATA_DIR: dataDir, OTP_BOOTSTRAP_API_KEY: KEY, OTP_HASH: 'hmac', OTP_SMTP_URL: smtp.url };
  service = await startProcess({ ...env, ...more }, options);
  return service;
}

interface Channel {
  readonly deliveryState: string;
  readonly deliveryError?: string;
}

/** Every session there is, and what became of its message. */
async function sessionsOf({ baseUrl }: ServiceProcess): Promise<Map<string, Channel>> {
  const call = connectJson(baseUrl, KEY);
  const all = new Map<string, Channel>();
  let pageToken = '';
  do {
    const { body } = await call('otp.v1.OtpService/ListSessions', { pageSize: 100, pageToken });
    for (const { id, channels } of body.sessions ?? []) all.set(id, channels[0]);
    pageToken = body.nextPageToken ?? '';
  } while (pageToken);
  return all;
}

/** The same, once nothing waits to be sent any more. */
async function settled(running: ServiceProcess): Promise<Map<string, Channel> | undefined> {
  const all = await sessionsOf(running);
  const waiting = [...all.values()].some(({ deliveryState }) => deliveryState === 'DELIVERY_STATE_QUEUED');
  return waiting ? undefined : all;
}

/** Sends until it is killed in the middle of it; gives the session of each address that was acknowledged. */
async function sendUntilKilled(count: number, killAt: number): Promise<Map<string, string>> {
  const call = connectJson(service!.baseUrl, KEY);
  const acknowledged = new Map<string, string>();
  let next = 0;
  const worker = async () => {
    while (next < count) {
      const email = `kill.${next++}@example.com`;
      const response = await call('otp.v1.OtpService/Send', { recipients: { email } }).catch(() => undefined);
      if (response?.status !== 200) continue;
      acknowledged.set(email, response.body.session.id);
      if (acknowledged.size === killAt) service!.process.kill('SIGKILL');
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  expect(await service!.ended).toEqual({ code: null, signal: 'SIGKILL' });
  return acknowledged;
}

function suite(env: () => Readonly<Record<string, string>>, count: number) {
  it(`kill -9 in the middle of ${count} Sends: every acknowledged message is delivered, none too often`, {
    timeout,
  }, async () => {
    await start(env());
    const acknowledged = await sendUntilKilled(count, count / 4);
    expect(acknowledged.size).toBeGreaterThanOrEqual(count / 4);
    expect(acknowledged.size).toBeLessThan(count);

    // Once more, in the middle of what the first one left.
    const before = smtp.mails.length;
    const second = await start(env(), LATER);
    await eventually(async () => smtp.mails.length > before || (await settled(second)) !== undefined);
    await second.end('SIGKILL');

    const revived = await start(env(), { ahead: 2 * LATER.ahead });
    const sessions = await eventually(() => settled(revived));
    const mailsTo = new Map<string, number>();
    for (const { to } of smtp.mails) mailsTo.set(to[0]!, (mailsTo.get(to[0]!) ?? 0) + 1);
    for (const [email, id] of acknowledged) {
      expect(sessions.get(id), email).toMatchObject({ deliveryState: 'DELIVERY_STATE_ACCEPTED' });
      expect(mailsTo.get(email), email).toBeGreaterThanOrEqual(1);
    }
    // Killed twice, a message was tried at most three times.
    expect(Math.max(...mailsTo.values())).toBeLessThanOrEqual(Math.min(3, SESSION_LIMITS.attemptsPerMessage));
    // A session whose response was lost is no different.
    expect([...sessions.values()].map(({ deliveryState }) => deliveryState)).toEqual(
      [...sessions].map(() => 'DELIVERY_STATE_ACCEPTED'),
    );
    expect(mailsTo.size).toBe(sessions.size);
  });

  it('kill -9 with a provider that is out of reach: what could not be delivered says so', {
    timeout,
  }, async () => {
    await smtp.close();
    await start(env());
    const acknowledged = await sendUntilKilled(30, 10);
    // Their codes have expired by then.
    const revived = await start(env(), { ahead: 400_000 });
    const sessions = await eventually(() => settled(revived));
    for (const id of acknowledged.values()) {
      expect(sessions.get(id)).toMatchObject({
        deliveryState: 'DELIVERY_STATE_FAILED',
        deliveryError: 'EXPIRED',
      });
    }
    smtp = await startRecordingSmtp();
  });
}

describe('on the embedded store', () => suite(() => ({}), 200));

describeWithMongo('on MongoDB', (mongodb) => {
  const name = freshDatabase();
  let databases = 0;
  const names: string[] = [];
  beforeEach(() => {
    names.push(`${name}_${databases++}`);
  });
  afterEach(() => mongodb.drop(names.at(-1)!));
  suite(() => ({ MONGODB_URI: mongodb.uri(names.at(-1)!) }), 60);
});
