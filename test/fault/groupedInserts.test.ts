import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { builtMain } from '../support/builtServer.js';
import { connectJson } from '../support/connectJson.js';
import { describeWithMongo, freshDatabase } from '../support/mongodb.js';
import { type ServiceProcess, startProcess } from '../support/serviceProcess.js';
import { type WatchedCommand, type WatchedMongo, watchMongo } from '../support/watchedMongo.js';

const KEY = randomBytes(24).toString('base64url');
const timeout = 180_000;
/** Sends at once, so that several reach the store in one turn of the event loop. */
const AT_ONCE = 16;
/** Bursts after which the inserts of a process must have met in one command. */
const BURSTS = 40;

beforeAll(() => builtMain(), 120_000);

/** A session whose Send was acknowledged. */
interface Acknowledged {
  readonly sessionId: string;
  readonly code: string;
}

const isGroup = ({ name, collection, documents }: WatchedCommand): boolean =>
  name === 'insert' && collection === 'sessions' && documents > 1;

describeWithMongo('while inserts are grouped on MongoDB', (mongodb) => {
  const masterKeys = `1:${randomBytes(32).toString('base64')}`;
  let name: string;
  let dataDir: string;
  let ways: WatchedMongo[];
  let running: ServiceProcess[];
  beforeEach(async () => {
    name = freshDatabase();
    dataDir = await mkdtemp(join(tmpdir(), 'countersign-groups-'));
    ways = [];
    running = [];
  });
  afterEach(async () => {
    for (const service of running) await service.end('SIGKILL');
    for (const way of ways) await way.close();
    await mongodb.drop(name);
    await rm(dataDir, { recursive: true, force: true });
  });

  async function start(): Promise<{ readonly service: ServiceProcess; readonly way: WatchedMongo }> {
    const way = await watchMongo(mongodb.uri(name));
    ways.push(way);
    const service = await startProcess({
      OTP_DATA_DIR: dataDir,
      OTP_BOOTSTRAP_API_KEY: KEY,
      OTP_HASH: 'hmac',
      MONGODB_URI: way.uri,
      OTP_MASTER_KEYS: masterKeys,
    });
    running.push(service);
    return { service, way };
  }

  let people = 0;
  /** Sends at once to people that are new; gives those that were acknowledged. */
  async function burst({ baseUrl }: ServiceProcess): Promise<Acknowledged[]> {
    const call = connectJson(baseUrl, KEY);
    const send = () =>
      call('otp.v1.OtpService/Send', {
        recipients: { email: `group.${people++}@example.com` },
        sandbox: true,
      }).catch(() => undefined);
    const responses = await Promise.all(Array.from({ length: AT_ONCE }, send));
    return responses.flatMap((response) =>
      response?.status === 200
        ? { sessionId: response.body.session.id, code: response.body.sandboxCodes.email }
        : [],
    );
  }

  /** Sends in bursts until it is killed as soon as inserts of sessions have met in one command. */
  async function killInGroup(
    service: ServiceProcess,
    way: WatchedMongo,
    reachesStore: boolean,
  ): Promise<Acknowledged[]> {
    const acknowledged = await burst(service);
    expect(acknowledged.length).toBeGreaterThan(0);
    let killed = false;
    way.keepBack((command) => isGroup(command) || killed);
    way.onCommand((command) => {
      if (killed) return false;
      if (!isGroup(command)) return true;
      killed = true;
      service.process.kill('SIGKILL');
      return reachesStore;
    });
    for (let bursts = 0; !killed && bursts < BURSTS; bursts++) acknowledged.push(...(await burst(service)));
    expect(killed).toBe(true);
    expect(await service.ended).toEqual({ code: null, signal: 'SIGKILL' });
    return acknowledged;
  }

  /** Each code is entered twice at once, by the services in turn: it is accepted once. */
  async function acceptedOnce(all: readonly Acknowledged[], services: readonly ServiceProcess[]) {
    const calls = services.map(({ baseUrl }) => connectJson(baseUrl, KEY));
    for (const { sessionId, code } of all) {
      const entered = Array.from({ length: 2 }, (_, i) =>
        calls[i % calls.length]!('otp.v1.OtpService/Verify', { sessionId, code }),
      );
      const reasons = (await Promise.all(entered)).map(({ reason }) => reason ?? 'OK');
      const accepted = reasons.filter((reason) => reason === 'OK').length;
      expect(reasons).not.toContain('SESSION_NOT_FOUND');
      expect(accepted, reasons.join()).toBeLessThanOrEqual(1);
      // A store that is too slow for two at once compares none.
      if (!reasons.includes('STORE_UNAVAILABLE')) expect(accepted, reasons.join()).toBe(1);
    }
  }

  it.each([
    ['before the store has the group', false],
    ['after the store has the group and before the process learns it', true],
  ])(
    'kill -9 %s: nothing acknowledged is lost, and every code is accepted once',
    { timeout },
    async (_when, reachesStore) => {
      const { service, way } = await start();
      const acknowledged = await killInGroup(service, way, reachesStore);
      const { service: revived } = await start();
      await acceptedOnce(acknowledged, [revived]);
    },
  );

  it('kill -9 of one of two processes: the other has all that either acknowledged', { timeout }, async () => {
    const [first, second] = [await start(), await start()];
    const [ofFirst, ofSecond] = await Promise.all([
      killInGroup(first.service, first.way, true),
      burst(second.service),
    ]);
    await acceptedOnce([...ofFirst, ...ofSecond], [second.service]);
  });

  it('two processes that are given the same request ids: each has one session, and its code is accepted once', {
    timeout,
  }, async () => {
    const both = [await start(), await start()];
    const calls = both.map(({ service }) => connectJson(service.baseUrl, KEY));
    const sessions = new Map<string, Acknowledged>();
    const haveGrouped = () =>
      both.every(({ way }) => way.commands.some(({ name, documents }) => name === 'insert' && documents > 1));
    for (let round = 0; round === 0 || (!haveGrouped() && round < BURSTS); round++) {
      const ids = Array.from({ length: AT_ONCE / 2 }, (_, i) => `request-${round}-${i}`);
      const send = (requestId: string) => (call: (typeof calls)[number]) =>
        call('otp.v1.OtpService/Send', {
          recipients: { email: `${requestId}@example.com` },
          sandbox: true,
          requestId,
        });
      const responses = await Promise.all(ids.flatMap((id) => calls.map(send(id))));
      for (const [index, { status, body, reason }] of responses.entries()) {
        const id = ids[Math.floor(index / 2)]!;
        if (status !== 200) {
          expect(['REQUEST_IN_PROGRESS', 'STORE_UNAVAILABLE']).toContain(reason);
          continue;
        }
        const session = { sessionId: body.session.id, code: body.sandboxCodes.email };
        expect(sessions.get(id) ?? session).toEqual(session);
        sessions.set(id, session);
      }
    }
    expect(haveGrouped()).toBe(true);
    expect(sessions.size).toBeGreaterThan(0);
    await acceptedOnce(
      [...sessions.values()].slice(0, AT_ONCE),
      both.map(({ service }) => service),
    );
  });
});
