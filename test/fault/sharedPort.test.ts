import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { builtMain } from '../support/builtServer.js';
import { connectJson } from '../support/connectJson.js';
import { eventually } from '../support/eventually.js';
import { describeWithMongo, freshDatabase } from '../support/mongodb.js';
import { type ServiceProcess, startProcess } from '../support/serviceProcess.js';

const KEY = randomBytes(24).toString('base64url');
const timeout = 90_000;
const SENDS = 12;
const OWN_CONNECTION = { headers: { connection: 'close' } };
/** A connection that is given to a worker in the moment of its death gets no response. */
const GIVEN_UP_MS = 1_000;
/** Times that a worker is killed until what its death says is seen: a machine may be busy for all the time it takes to replace one. */
const KILLS = 5;

beforeAll(() => builtMain(), 120_000);

describe('two workers on one port, on the embedded store', () => suite(() => ({})));

describeWithMongo('two workers on one port, on MongoDB', (mongodb) => {
  const name = freshDatabase();
  afterAll(() => mongodb.drop(name));
  suite(() => ({
    MONGODB_URI: mongodb.uri(name),
    OTP_MASTER_KEYS: `1:${randomBytes(32).toString('base64')}`,
  }));
});

function suite(env: () => Readonly<Record<string, string>>) {
  let dataDir: string;
  let service: ServiceProcess;
  beforeAll(async () => {
    dataDir = await mkdtemp(join(tmpdir(), 'countersign-port-'));
    service = await startProcess({
      OTP_WORKERS: '2',
      OTP_DATA_DIR: dataDir,
      OTP_BOOTSTRAP_API_KEY: KEY,
      OTP_HASH: 'hmac',
      ...env(),
    });
  }, timeout);
  afterAll(async () => {
    await service?.end('SIGKILL');
    await rm(dataDir, { recursive: true, force: true });
  });

  /** On a connection of its own, so that any of the workers may be the one that responds. */
  const get = (path: string) =>
    fetch(`${service.baseUrl}${path}`, { ...OWN_CONNECTION, signal: AbortSignal.timeout(GIVEN_UP_MS) });
  const status = async () => (await get('/readyz').catch(() => undefined))?.status;
  const areReady = () => eventually(async () => (await status()) === 200);
  const metric = async (pattern: string) => {
    const text = await (await fetch(`${service.baseUrl}/metrics`, OWN_CONNECTION)).text();
    const lines = text.matchAll(new RegExp(`^${pattern} ([\\d.e+-]+)$`, 'gm'));
    return [...lines].reduce((sum, [, value]) => sum + Number(value), 0);
  };
  const send = () =>
    connectJson(service.baseUrl, KEY)(
      'otp.v1.OtpService/Send',
      { recipients: { email: `w.${randomBytes(4).toString('hex')}@example.com` }, sandbox: true },
      { connection: 'close' },
    );

  it('are ready once both are', { timeout }, async () => {
    expect(await areReady()).toBe(true);
  });

  it('share sessions and attempts', { timeout }, async () => {
    const call = connectJson(service.baseUrl, KEY);
    for (const { status: code, body } of await Promise.all(Array.from({ length: SENDS }, send))) {
      expect(code).toBe(200);
      const request = { sessionId: body.session.id, code: body.sandboxCodes.email };
      // A connection each, so both workers are given the code.
      const verified = await Promise.all(
        [0, 1].map(() => call('otp.v1.OtpService/Validate', request, { connection: 'close' })),
      );
      expect(verified.filter(({ status: accepted }) => accepted === 200)).toHaveLength(1);
    }
  });

  it('give in any scrape what both have counted', { timeout }, async () => {
    const scrapes = await Promise.all(
      Array.from({ length: 4 }, () => metric('countersign_calls_total\\{[^}]*method="[^"]*Send"[^}]*\\}')),
    );
    expect(scrapes).toEqual([SENDS, SENDS, SENDS, SENDS]);
  });

  it.runIf(process.platform === 'linux')(
    'one that is killed is replaced; until then neither is ready, and calls are served',
    { timeout },
    async () => {
      let wasUnready = false;
      for (let kills = 0; !wasUnready && kills < KILLS; kills++) {
        await areReady();
        const before = await childrenOf(service.process.pid!);
        expect(before).toHaveLength(2);
        const killed = before[kills % 2]!;
        process.kill(killed, 'SIGKILL');
        await eventually(() => !existsSync(`/proc/${killed}`));
        const replaced = await eventually(async () => {
          wasUnready ||= (await status()) === 503;
          const now = await childrenOf(service.process.pid!);
          return now.length === 2 && now.some((pid) => !before.includes(pid)) && now;
        });
        expect(replaced).toContain(before[(kills + 1) % 2]);
        expect((await send()).status).toBe(200);
      }
      expect(wasUnready).toBe(true);
      expect(await areReady()).toBe(true);
    },
  );

  it('end together on SIGTERM, with code 0', { timeout }, async () => {
    expect(await service.end('SIGTERM')).toEqual({ code: 0, signal: null });
    await expect(get('/healthz')).rejects.toThrow();
  });
}

/** The processes that a process has started and that have not ended. */
async function childrenOf(parent: number): Promise<number[]> {
  const pids = (await readdir('/proc')).map(Number).filter((pid) => pid > 0);
  const stats = await Promise.all(pids.map((pid) => readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '')));
  return pids.filter((_, index) => {
    // After the name, which may hold anything: the state, and the parent.
    const [, state, ppid] = /\) (\S) (\d+) /.exec(stats[index]!.slice(stats[index]!.lastIndexOf(')'))) ?? [];
    return Number(ppid) === parent && state !== 'Z';
  });
}
