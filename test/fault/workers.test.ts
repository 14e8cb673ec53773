import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { MongoClient } from 'mongodb';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { builtMain } from '../support/builtServer.js';
import { connectJson } from '../support/connectJson.js';
import { eventually } from '../support/eventually.js';
import { describeWithMongo, freshDatabase } from '../support/mongodb.js';
import { type ServiceProcess, startProcess } from '../support/serviceProcess.js';
import { startTcpProxy, type TcpProxy } from '../support/tcpProxy.js';
import { deliveryWebhookWire } from '../unit/delivery/support/vendors/deliveryWebhook.js';
import { startVendorStub, type VendorStub } from '../unit/delivery/support/vendors/vendorStub.js';

const KEY = randomBytes(24).toString('base64url');
const SECRET = `whsec_${randomBytes(24).toString('base64')}`;
const timeout = 90_000;

beforeAll(() => builtMain(), 120_000);

/** A worker in a process of its own, and the provider that it alone uses. */
interface Worker {
  readonly service: ServiceProcess;
  readonly vendor: VendorStub;
}

let dataDir: string;
let workers: Worker[];
/** Whether the providers meet requests with silence. */
let holding: boolean;
beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'countersign-workers-'));
  workers = [];
  holding = false;
});
afterEach(async () => {
  for (const { service, vendor } of workers) {
    await service.end('SIGKILL');
    await vendor.close();
    expect(vendor.complaints).toEqual([]);
  }
  await rm(dataDir, { recursive: true, force: true });
});

async function startWorker(env: Readonly<Record<string, string>>): Promise<Worker> {
  const vendor = await startVendorStub({
    wire: deliveryWebhookWire(SECRET),
    now: () => Date.now(),
    script: () => (holding ? 'silence' : undefined),
  });
  const settings = {
    OTP_DATA_DIR: dataDir,
    OTP_BOOTSTRAP_API_KEY: KEY,
    OTP_HASH: 'hmac',
    OTP_DELIVERY_WEBHOOK_URL: `${vendor.url}/hook?tenant=1`,
    OTP_DELIVERY_WEBHOOK_SECRET: SECRET,
    OTP_DELIVERY_WEBHOOK_CHANNELS: 'sms',
  };
  const worker = { vendor, service: await startProcess({ ...settings, ...env }) };
  workers.push(worker);
  return worker;
}

/** Messages that are delivered, and messages that are on their way when something happens. */
const DONE = numbers(3010, 16);
const HELD = numbers(3011, 10);
const ALL = DONE.length + HELD.length;

function numbers(prefix: number, count: number): string[] {
  return Array.from({ length: count }, (_, i) => `+57${prefix}${100_000 + i}`);
}

async function send({ service }: Worker, sms: string): Promise<void> {
  const response = await connectJson(service.baseUrl, KEY)('otp.v1.OtpService/Send', { recipients: { sms } });
  expect(response.status, JSON.stringify(response.body)).toBe(200);
}

/** How many messages are in which state. */
async function states({ service }: Worker): Promise<Record<string, number>> {
  const call = connectJson(service.baseUrl, KEY);
  const { body } = await call('otp.v1.OtpService/ListSessions', { pageSize: 100 });
  const counts: Record<string, number> = {};
  for (const { channels } of body.sessions ?? []) {
    const state = channels[0].deliveryState.replace('DELIVERY_STATE_', '');
    counts[state] = (counts[state] ?? 0) + 1;
  }
  return counts;
}
const until = (worker: Worker, wanted: Record<string, number>) =>
  eventually(async () => isDeepStrictEqual(await states(worker), wanted));

const arrivedAt = ({ vendor }: Worker): string[] => vendor.taken.map(({ to }) => to).sort();

/**
 * Some messages are delivered, and others given to providers that say nothing to
 * them. Gives those that the first worker has in hand: all but what the second
 * happened to find before it.
 */
async function inTheMiddle(first: Worker, second: Worker): Promise<string[]> {
  for (const phone of DONE) await send(first, phone);
  await until(first, { ACCEPTED: DONE.length });
  holding = true;
  // At once, because a provider is waited for ten seconds only.
  await Promise.all(HELD.map((phone) => send(first, phone)));
  await eventually(() => first.vendor.open() + second.vendor.open() === HELD.length);
  holding = false;
  const held = arrivedAt(first).filter((phone) => HELD.includes(phone));
  expect(held.length).toBeGreaterThan(0);
  return held;
}

/** None was lost, and only those whose outcome was unknown were sent again, once, by the second. */
function expectAllDelivered(first: Worker, second: Worker, held: readonly string[]): void {
  expect([...arrivedAt(first), ...arrivedAt(second)].sort()).toEqual([...DONE, ...HELD, ...held].sort());
  expect(arrivedAt(second)).toEqual(expect.arrayContaining([...held]));
}

function killing(env: () => Readonly<Record<string, string>>) {
  it('kill -9 of one in the middle of its deliveries: the other delivers what it left, without waiting for its leases', {
    timeout,
  }, async () => {
    const [first, second] = [await startWorker(env()), await startWorker(env())];
    const held = await inTheMiddle(first, second);
    expect(await first.service.end('SIGKILL')).toEqual({ code: null, signal: 'SIGKILL' });
    second.vendor.release();
    // Its clock does not move on by a lease: it knows that the first has ended.
    await until(second, { ACCEPTED: ALL });
    expectAllDelivered(first, second, held);
  });
}

describe('two workers on one embedded file', () => killing(() => ({})));

describeWithMongo('two workers on one MongoDB', (mongodb) => {
  let name: string;
  const masterKeys = `1:${randomBytes(32).toString('base64')}`;
  const env = (uri = mongodb.uri(name)) => ({ MONGODB_URI: uri, OTP_MASTER_KEYS: masterKeys });
  beforeEach(() => {
    name = freshDatabase();
  });
  afterEach(() => mongodb.drop(name));

  killing(env);

  describe('of which one is cut off from it', () => {
    let proxy: TcpProxy;
    let through: string;
    beforeEach(async () => {
      const { host, port } = new MongoClient(mongodb.uri(name)).options.hosts[0]!;
      proxy = await startTcpProxy({ host: host!, port: port! });
      const uri = new URL(mongodb.uri(name).replace(/(\/\/(?:[^@/]*@)?)[^/?]*/, `$1127.0.0.1:${proxy.port}`));
      uri.searchParams.set('directConnection', 'true');
      through = uri.href;
    });
    afterEach(() => proxy.close());

    it.each([
      ['cut', 'on another machine: the other delivers what it cannot record', true],
      ['stall', 'on this machine: the other records what its marks show to be accepted', false],
    ] as const)(
      '(%s) in the middle of its deliveries, %s, and it does no harm when it is back',
      { timeout },
      async (fault, _where, apart) => {
        const elsewhere = apart ? { OTP_DATA_DIR: join(dataDir, 'elsewhere') } : {};
        const first = await startWorker({ ...env(through), ...elsewhere });
        const second = await startWorker(env());
        const held = await inTheMiddle(first, second);
        proxy[fault]();
        // Its provider took them after all; it cannot say so.
        first.vendor.release();
        second.vendor.release();
        // Its counter stands still, so the second takes its leases.
        await until(second, { ACCEPTED: ALL });
        const repeated = apart ? held : [];
        expectAllDelivered(first, second, repeated);

        proxy.mend();
        await eventually(async () => (await fetch(`${first.service.baseUrl}/readyz`)).status === 200);
        await send(first, '+573019999999');
        await until(second, { ACCEPTED: ALL + 1 });
        expect(await first.service.end()).toEqual({ code: 0, signal: null });
        // What it wanted to record belonged to another process by then.
        expect(await states(second)).toEqual({ ACCEPTED: ALL + 1 });
        expect([...arrivedAt(first), ...arrivedAt(second)]).toHaveLength(ALL + repeated.length + 1);
      },
    );
  });
});
