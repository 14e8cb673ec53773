import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { builtMain } from '../support/builtServer.js';
import { connectJson } from '../support/connectJson.js';
import { apiKey, bearer, restClient } from '../support/rest.js';
import { type ServiceProcess, startProcess } from '../support/serviceProcess.js';

const KEY = `sk_otp_live_${'budget'.repeat(6)}`;
const PHONE = '+573001234542';
const SPONSOR = 'clinic';
const BENEFICIARY = 'bnf_1';
/** Comparisons of six digits in a day, for strangers. */
const STRANGERS = 20;

let dataDir: string;
let processes: ServiceProcess[] = [];
const start = () =>
  startProcess({
    OTP_DATA_DIR: dataDir,
    OTP_BOOTSTRAP_API_KEY: KEY,
    OTP_HASH: 'hmac',
    OTP_LOG_LEVEL: 'warn',
  });
beforeAll(async () => {
  await builtMain();
  dataDir = await mkdtemp(join(tmpdir(), 'countersign-budget-'));
  processes = await Promise.all([start(), start()]);
}, 120_000);
afterAll(async () => {
  await Promise.all(processes.map((one) => one.end('SIGKILL')));
  await rm(dataDir, { recursive: true, force: true });
});

/** A session that one of the ways opened. */
interface Opened {
  readonly way: Way;
  readonly id: string;
}

/** One way to send to the phone and to guess its code: the contract, or one of the REST dialects. */
interface Way {
  readonly send: (baseUrl: string) => Promise<string>;
  readonly guess: (
    baseUrl: string,
    id: string,
  ) => Promise<{ readonly status: number; readonly text: string }>;
  /** What it says of a code that was compared. */
  readonly wrong: string;
}

const CODE = '000000';

const contract: Way = {
  async send(baseUrl) {
    const config = { maxAttempts: 10, lifetime: '3600s' };
    const request = { recipients: { sms: PHONE }, config };
    return (await connectJson(baseUrl, KEY)('otp.v1.OtpService/Send', request)).body.session.id;
  },
  async guess(baseUrl, sessionId) {
    const { status, body } = await connectJson(baseUrl, KEY)('otp.v1.OtpService/Verify', {
      sessionId,
      code: CODE,
    });
    return { status, text: JSON.stringify(body) };
  },
  wrong: 'INVALID_CODE',
};

const multichannel: Way = {
  async send(baseUrl) {
    const request = { channels: ['whatsapp'], recipients: { whatsapp: PHONE }, max_attempts: 10 };
    return (await restClient(baseUrl, apiKey(KEY)).post('/api/v1/otp/send', request)).body.session_id;
  },
  guess: (baseUrl, session_id) =>
    restClient(baseUrl, apiKey(KEY)).post('/api/v1/otp/verify', { session_id, otps: { whatsapp: CODE } }),
  wrong: 'Invalid OTP',
};

const messaging: Way = {
  async send(baseUrl) {
    const request = { dest: PHONE, src: 'ACME', purpose: 'LOGIN' };
    const { body } = await restClient(baseUrl, bearer(KEY)).post('/v1/messaging/otp/request', request);
    return body.data.sessionId;
  },
  guess: (baseUrl, sessionId) =>
    restClient(baseUrl, bearer(KEY)).post('/v1/messaging/otp/verify', { sessionId, code: CODE }),
  wrong: '"INVALID"',
};

const beneficiary: Way = {
  async send(baseUrl) {
    const request = { sponsor_slug: SPONSOR, beneficiary_id: BENEFICIARY };
    return (await restClient(baseUrl, bearer(KEY)).post('/v1/otp/send', request)).body.otp_id;
  },
  guess: (baseUrl, otp_id) =>
    restClient(baseUrl, bearer(KEY)).post('/v1/otp/validate', { otp_id, code: CODE }),
  wrong: '071-206',
};

/** Five messages to the recipient are a burst; that of the sponsor has a limit of its own. */
const WAYS = [contract, contract, multichannel, multichannel, messaging, beneficiary];

it('of one recipient no more codes are compared than it has units, by the contract, three dialects and a sponsor, in two processes that are killed', {
  timeout: 180_000,
}, async () => {
  const admin = connectJson(processes[0]!.baseUrl, KEY);
  const sponsor = { slug: SPONSOR, displayName: SPONSOR, channels: ['CHANNEL_SMS'] };
  expect((await admin('otp.admin.v1.SponsorService/CreateSponsor', { sponsor })).status).toBe(200);
  const onFile = { sponsorSlug: SPONSOR, beneficiaryId: BENEFICIARY, phone: PHONE };
  const added = await admin('otp.admin.v1.SponsorService/CreateBeneficiary', { beneficiary: onFile });
  expect(added.status).toBe(200);

  const opened: Opened[] = [];
  for (const [i, way] of WAYS.entries()) opened.push({ way, id: await way.send(processes[i % 2]!.baseUrl) });
  expect(opened.every(({ id }) => id)).toBe(true);

  let compared = 0;
  let lost = 0;
  const guess = async ({ way, id }: Opened, i: number) => {
    try {
      const { status, text } = await way.guess(processes[i % 2]!.baseUrl, id);
      if (text.includes(way.wrong)) compared++;
      return status;
    } catch {
      lost++;
      return 0;
    }
  };
  /** A guess in every session at once; the statuses. */
  const round = (): Promise<number[]> => Promise.all(opened.map(guess));
  for (const killed of [0, 1]) {
    await round();
    const underWay = round();
    const { end } = processes[killed]!;
    await end('SIGKILL');
    await underWay;
    processes[killed] = await start();
  }
  const atMost = STRANGERS + 1;
  for (let n = 0; n < atMost && (await round()).some((status) => status !== 429 && status < 423); n++);

  expect(compared).toBeLessThanOrEqual(STRANGERS);
  // What was under way at a kill may have been paid for and not compared, or compared and not reported.
  expect(compared).toBeGreaterThanOrEqual(STRANGERS - lost);
  const { body } = await connectJson(processes[0]!.baseUrl, KEY)(
    'otp.admin.v1.LimitService/GetRecipientBlock',
    { recipient: PHONE },
  );
  const units = body.block.uses.find(
    ({ rule, lane }: { rule: string; lane: string }) =>
      rule === 'recipient-guesses-6' && lane === 'LANE_OPEN',
  );
  expect(units).toMatchObject({ used: STRANGERS, max: STRANGERS });
});
