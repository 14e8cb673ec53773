import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SESSION_LIMITS } from '../../../server/session/limits.js';
import type { StoredSession } from '../../../server/session/stored.js';
import { connectJson } from '../../support/connectJson.js';
import { eventually } from '../../support/eventually.js';
import { ManualClock } from '../../support/manualClock.js';
import { startService, type TestService } from '../../support/service.js';
import { snsWire } from './support/vendors/sns.js';
import { twilioWire } from './support/vendors/twilio.js';
import {
  MISBEHAVIOURS,
  type Misbehaviour,
  startVendorStub,
  type VendorStub,
  type VendorWire,
} from './support/vendors/vendorStub.js';
import { vonageWire } from './support/vendors/vonage.js';

/** Of each misbehaviour: two thousand together. */
const EACH = 134;
const MISCONFIGURED: ReadonlySet<Misbehaviour> = new Set(['elsewhere', 'elsewhere for good'] as const);
const AT_ONCE = 16;
const MINUTE_MS = 60_000;

/** One request that brought a message to a vendor, with any outcome. */
interface Arrival {
  readonly vendor: string;
  /** By the service's clock, and by the machine's. */
  readonly at: number;
  readonly wallAt: number;
}

let clock: ManualClock;
let service: TestService;
let vendors: Record<'twilio' | 'vonage' | 'sns', VendorStub>;
let call: ReturnType<typeof connectJson>;
const arrivals = new Map<string, Arrival[]>();

beforeAll(async () => {
  clock = new ManualClock();
  const now = () => clock.now();
  const start = (vendor: string, wire: VendorWire) =>
    startVendorStub({
      now,
      wire: {
        ...wire,
        read(request) {
          const taken = wire.read(request);
          const arrival = { vendor, at: now(), wallAt: performance.now() };
          arrivals.set(taken.to, [...(arrivals.get(taken.to) ?? []), arrival]);
          return taken;
        },
      },
    });
  const account = { accountSid: `AC${'0a'.repeat(16)}`, authToken: 'twilio-token' };
  const sns = { region: 'eu-central-1', accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'sns-secret' };
  vendors = {
    twilio: await start('twilio', twilioWire(account)),
    vonage: await start('vonage', vonageWire({ apiKey: 'key', apiSecret: 'vonage-secret' })),
    sns: await start('sns', snsWire({ ...sns, now })),
  };
  service = await startService({
    clock,
    env: {
      OTP_TWILIO_URL: vendors.twilio.url,
      OTP_TWILIO_ACCOUNT_SID: account.accountSid,
      OTP_TWILIO_AUTH_TOKEN: account.authToken,
      OTP_TWILIO_FROM: '+15005550006',
      OTP_VONAGE_URL: vendors.vonage.url,
      OTP_VONAGE_API_KEY: 'key',
      OTP_VONAGE_API_SECRET: 'vonage-secret',
      OTP_VONAGE_FROM: 'Acme',
      OTP_SNS_URL: vendors.sns.url,
      OTP_SNS_REGION: sns.region,
      OTP_SNS_ACCESS_KEY_ID: sns.accessKeyId,
      OTP_SNS_SECRET_ACCESS_KEY: sns.secretAccessKey,
    },
  });
  call = connectJson(service.baseUrl, service.liveKey);
});
afterAll(async () => {
  await service.stop();
  for (const vendor of Object.values(vendors)) {
    expect(vendor.complaints).toEqual([]);
    await vendor.close();
  }
});

let people = 0;

interface Sent {
  readonly phone: string;
  readonly id: string;
  readonly sentAt: number;
  readonly wallSentAt: number;
}

async function sendOne(lifetime: string): Promise<Sent> {
  const phone = `+57301${1_000_000 + people++}`;
  const before = { sentAt: clock.now(), wallSentAt: performance.now() };
  const response = await call('otp.v1.OtpService/Send', { recipients: { sms: phone }, config: { lifetime } });
  expect(response.status, JSON.stringify(response.body)).toBe(200);
  return { phone, id: response.body.session.id, ...before };
}

async function sendMany(count: number, lifetime = '300s'): Promise<Sent[]> {
  let left = count;
  const sent: Sent[] = [];
  const worker = async () => {
    while (left-- > 0) sent.push(await sendOne(lifetime));
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  return sent;
}

const sessions = () => service.documents.collection<StoredSession>('sessions');
const storedOf = async ({ id }: Sent) => (await sessions().findOne({ _id: `default/${id}` }))!;

interface Patience {
  /** Looks without an arrival. After few, some requests may still be on their way on a busy machine, and time out. */
  readonly looks?: number;
  /** Vendors whose open requests are waited for: they respond. */
  readonly responding?: readonly VendorStub[];
}

/** Lets time pass until no message waits: a second whenever nothing has arrived at a vendor for a while. */
async function settled({ looks = 10, responding = [] }: Patience = {}): Promise<void> {
  let moves = 0;
  let arrived = -1;
  await eventually(async () => {
    const [waiting] = await sessions()
      .find({ deliverAt: { $gte: new Date(0) } }, { sort: { deliverAt: 1 }, limit: 1 })
      .toArray();
    const total = Object.values(vendors).reduce((sum, vendor) => sum + vendor.requests(), 0);
    // While there is movement nothing is waited for.
    const isResponding = responding.some((vendor) => vendor.open() > 0);
    moves = total === arrived && !isResponding ? moves + 1 : 0;
    arrived = total;
    if (waiting && moves >= looks) clock.advance(1_000);
    return !waiting;
  });
}

/** Each vendor took a message that the others did not, so that its breaker is closed and has seen no fault. */
async function recovered(): Promise<void> {
  for (const good of Object.values(vendors)) {
    clock.advance(5 * MINUTE_MS);
    for (const vendor of Object.values(vendors)) vendor.misbehave(vendor === good ? undefined : 'elsewhere');
    const [probe] = await sendMany(1);
    // A probe that timed out would open the breaker again.
    await settled({ responding: [good], looks: 60 });
    expect((await storedOf(probe!)).channels.sms?.delivery.state).toBe('ACCEPTED');
    expect(good.taken.at(-1)?.to).toBe(probe!.phone);
  }
}

const at = (sorted: readonly number[], share: number): number =>
  Math.round(sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN);
const summary = (times: readonly number[]): string => {
  const sorted = [...times].sort((a, b) => a - b);
  return `p50 ${at(sorted, 0.5)} ms, p99 ${at(sorted, 0.99)} ms, longest ${at(sorted, 1)} ms`;
};

describe('three providers of which two misbehave', () => {
  const times: number[] = [];

  it.each(MISBEHAVIOURS)(`%s: each of ${EACH} messages gets through`, { timeout: 120_000 }, async (how) => {
    await recovered();
    const bad = [vendors.twilio, vendors.vonage];
    for (const vendor of bad) vendor.misbehave(how);
    const before = bad.map((vendor) => vendor.requests());
    const sent = await sendMany(EACH);
    // A request that timed out would be about the vendor, not about its configuration.
    await settled({ responding: [vendors.sns], ...(MISCONFIGURED.has(how) && { looks: 60 }) });

    for (const one of sent) {
      const { status, channels, createdAt } = await storedOf(one);
      const { state, provider, triesLeft } = channels.sms!.delivery;
      expect({ status, state, provider }).toEqual({ status: 'PENDING', state: 'ACCEPTED', provider: 'sns' });
      const came = arrivals.get(one.phone)!;
      expect(came.length).toBeGreaterThanOrEqual(1);
      expect(came.length).toBeLessThanOrEqual(SESSION_LIMITS.attemptsPerMessage);
      expect(came.length).toBeLessThanOrEqual(SESSION_LIMITS.attemptsPerMessage - triesLeft);
      for (const arrival of came) expect(arrival.at).toBeLessThan(createdAt.getTime() + 5 * MINUTE_MS);
      // One provider took it, once.
      expect(came.filter(({ vendor }) => vendor === 'sns')).toHaveLength(1);
      const last = came.at(-1)!;
      times.push(last.at - one.sentAt + (last.wallAt - one.wallSentAt));
    }
    // They were asked, and no longer once that was seen to be in vain. Of one that is
    // misconfigured nothing is known but that it did not take this message.
    for (const [i, vendor] of bad.entries()) {
      const asked = vendor.requests() - before[i]!;
      expect(asked).toBeGreaterThanOrEqual(5);
      if (MISCONFIGURED.has(how)) expect(asked).toBe(EACH);
      else expect(asked).toBeLessThan(EACH);
    }
  });

  it('and the time it took is known', () => {
    expect(times).toHaveLength(MISBEHAVIOURS.length * EACH);
    console.info(`${times.length} messages, time to acceptance: ${summary(times)}`);
  });

  it('the log holds no address', () => {
    expect(service.logged()).toContain('"delivery":"ACCEPTED"');
    expect(service.logged()).not.toMatch(/57301\d{7}/);
  });
});

describe('three providers of which all misbehave', () => {
  it.each(MISBEHAVIOURS)(
    '%s: the caller learns it, and nothing comes late',
    { timeout: 60_000 },
    async (how) => {
      await recovered();
      for (const vendor of Object.values(vendors)) vendor.misbehave(how);
      const sent = await sendMany(10, '60s');
      await settled();
      // Back again when it is too late.
      for (const vendor of Object.values(vendors)) vendor.misbehave(undefined);
      clock.advance(2 * MINUTE_MS);
      await settled();

      for (const one of sent) {
        const { body } = await call('otp.v1.OtpService/GetSession', { sessionId: one.id });
        const [channel] = body.session.channels;
        expect(channel.deliveryState).toBe('DELIVERY_STATE_FAILED');
        const ends = MISCONFIGURED.has(how) ? ['MISCONFIGURED'] : ['EXPIRED', 'OUT_OF_TRIES'];
        expect(ends).toContain(channel.deliveryError);
        const came = arrivals.get(one.phone) ?? [];
        expect(came.length).toBeLessThanOrEqual(SESSION_LIMITS.attemptsPerMessage);
        const { createdAt } = await storedOf(one);
        for (const arrival of came) expect(arrival.at).toBeLessThan(createdAt.getTime() + MINUTE_MS);
      }
    },
  );
});
