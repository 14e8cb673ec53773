import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createMarks, readMarks } from '../../../server/delivery/marks.js';
import { createTakeReports } from '../../../server/delivery/reports.js';
import { createTakeOver } from '../../../server/delivery/takeOver.js';
import type { ChannelName } from '../../../server/domain/channels.js';
import { createMetrics } from '../../../server/observe/metrics/index.js';
import { changeGuarded } from '../../../server/session/change.js';
import type { StoredSession } from '../../../server/session/stored.js';
import type { StoredCharge } from '../../../server/session/storedDelivery.js';
import { updateMessages } from '../../../server/session/transitions/updateMessages.js';
import type { Collection } from '../../../server/store/documents.js';
import { type Engine, eachEngine } from '../../support/engines.js';
import { ManualClock } from '../../support/manualClock.js';
import { NOW, sampleSession } from '../session/support/sampleSession.js';

const PAID: StoredCharge = { debit: 'd1', amount: 50_000 };
const DEAD = 'd'.repeat(32);
const log = pino({ level: 'silent' });

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'countersign-marks-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));
const marksOf = (id: string) => join(folder, `${id}.sent`);

describe('the marks of a process', () => {
  it('say which requests were begun and which accepted; a line that was cut off says nothing', () => {
    const marks = createMarks(marksOf(DEAD), log);
    marks.begin('one', 'smtp');
    marks.begin('two', 'smtp');
    marks.accepted('two', '<id with spaces @example>\n');
    marks.begin('three', 'vonage');
    marks.accepted('three');
    const text = readFileSync(marksOf(DEAD), 'utf8');
    writeFileSync(marksOf(DEAD), `${text}B four smt`);
    expect(readMarks(marksOf(DEAD))).toEqual(
      new Map([
        ['one', { provider: 'smtp', accepted: false }],
        ['two', { provider: 'smtp', accepted: true, vendorId: '<id with spaces @example>\n' }],
        ['three', { provider: 'vonage', accepted: true }],
      ]),
    );
    expect(statSync(marksOf(DEAD)).mode & 0o777).toBe(0o600);
    marks.close();
    expect(existsSync(marksOf(DEAD))).toBe(false);
    expect(readMarks(marksOf(DEAD))).toBeUndefined();
  });

  it('are bounded: what no delivery attempt needs is removed', () => {
    const marks = createMarks(marksOf(DEAD), log);
    for (let n = 0; n < 40_000; n++) {
      marks.begin(`lease${n}`, 'a-provider-of-some-length');
      marks.end(`lease${n}`);
    }
    expect(statSync(marksOf(DEAD)).size).toBeLessThan(1024 * 1024);
    // Not while one attempt needs them.
    marks.begin('long', 'smtp');
    for (let n = 0; n < 40_000; n++) {
      marks.begin(`lease${n}`, 'a-provider-of-some-length');
      marks.end(`lease${n}`);
    }
    expect(readMarks(marksOf(DEAD))?.get('long')).toEqual({ provider: 'smtp', accepted: false });
    marks.close();
  });

  it('that cannot be written stop no delivery', () => {
    writeFileSync(join(folder, 'file'), '');
    const marks = createMarks(join(folder, 'file', 'x.sent'), log);
    marks.begin('one', 'smtp');
    marks.accepted('one');
    marks.end('one');
    marks.close();
  });
});

describe('what happens to the messages of a process that has ended', () => {
  eachEngine((engine: Engine) => {
    let sessions: Collection<StoredSession>;
    let offered: string[];
    beforeEach(async () => {
      sessions = (await engine.open()).collection<StoredSession>('sessions');
      offered = [];
    });

    /** A session whose e-mail is leased, and its SMS not yet begun. */
    async function leased(
      id: string,
      owner: string | undefined,
      { leaseMs = 30_000, charge }: { readonly leaseMs?: number; readonly charge?: StoredCharge } = {},
    ): Promise<void> {
      const session = { ...sampleSession(), _id: `acme/${id}` };
      await sessions.insertOne(session);
      const until = new Date(NOW + leaseMs);
      const delivery = session.channels.email!.delivery;
      const held = {
        ...delivery,
        triesLeft: delivery.triesLeft - 1,
        dueAt: until,
        lease: { id: `lease-${id}`, until, ...(owner !== undefined && { owner }) },
        ...(charge && { charge }),
      };
      const far = { ...session.channels.sms!.delivery, dueAt: new Date(NOW + 3_600_000) };
      await changeGuarded(sessions, session, () =>
        updateMessages(
          new Map([
            ['email', held],
            ['sms', far],
          ]),
          NOW,
        ),
      );
    }
    const read = async (id: string) => (await sessions.findOne({ _id: `acme/${id}` }))!;
    const takeOver = (
      find: (
        session: StoredSession,
        channel: ChannelName,
        provider: string,
      ) => Promise<string | undefined> = async () => undefined,
    ) =>
      createTakeOver({
        sessions,
        marksOf,
        newSearch:
          () =>
          async (...asked) => {
            const vendorId = await find(...asked);
            return vendorId === undefined ? undefined : { vendorId };
          },
        accountOf: (_session, provider) => (provider === 'our-twilio' ? 'acme/our-twilio' : undefined),
        offer: ({ _id }) => void offered.push(_id),
        clock: new ManualClock(NOW + 1_000),
        log,
      })(DEAD);

    it('accepted by its marks: recorded so, and not sent again', async () => {
      await leased('a', DEAD);
      const marks = createMarks(marksOf(DEAD), log);
      marks.begin('lease-a', 'smtp');
      marks.accepted('lease-a', 'v1');
      await takeOver();
      const session = await read('a');
      expect(session.channels.email!.delivery).toMatchObject({
        state: 'ACCEPTED',
        provider: 'smtp',
        vendorId: 'v1',
      });
      expect(session.channels.email!.delivery).not.toHaveProperty('lease');
      expect(session.channels.email!.delivery).not.toHaveProperty('message');
      expect(session.vendorIds).toEqual(['smtp/v1']);
      expect(session.events.map(({ type }) => type)).toContain('delivery.accepted');
      expect(existsSync(marksOf(DEAD))).toBe(false);
    });

    it('begun without a response: due at once, the attempt is used', async () => {
      await leased('a', DEAD);
      createMarks(marksOf(DEAD), log).begin('lease-a', 'smtp');
      await takeOver();
      const { delivery } = (await read('a')).channels.email!;
      expect(delivery).toMatchObject({ state: 'QUEUED', dueAt: new Date(NOW + 1_000), triesLeft: 4 });
      expect(delivery).not.toHaveProperty('lease');
      expect(offered).toEqual(['acme/a']);
      expect((await read('a')).deliverAt).toEqual(new Date(NOW + 1_000));
    });

    it('begun without a response, and found at its provider: recorded so, and not sent again', async () => {
      await leased('a', DEAD);
      createMarks(marksOf(DEAD), log).begin('lease-a', 'twilio');
      const asked: string[] = [];
      await takeOver(async ({ _id }, channel, provider) => {
        asked.push(`${_id} ${channel} ${provider}`);
        return 'v2';
      });
      expect(asked).toEqual(['acme/a email twilio']);
      const { delivery } = (await read('a')).channels.email!;
      expect(delivery).toMatchObject({ state: 'ACCEPTED', provider: 'twilio', vendorId: 'v2' });
      expect((await read('a')).vendorIds).toEqual(['twilio/v2']);
    });

    it.each([
      ['its marks', true],
      ['its provider', false],
    ])(
      'taken by an account of its workspace, as %s says: what was paid is not paid back, as after every outcome',
      async (_by, isMarked) => {
        const marks = createMarks(marksOf(DEAD), log);
        for (const [id, provider] of [
          ['own', 'our-twilio'],
          ['service', 'twilio'],
        ] as const) {
          await leased(id, DEAD, { charge: PAID });
          marks.begin(`lease-${id}`, provider);
          if (isMarked) marks.accepted(`lease-${id}`, 'v1');
        }
        await takeOver(async () => 'v1');
        const report = createTakeReports({
          sessions,
          changed: () => {},
          clock: new ManualClock(NOW + 2_000),
          metrics: createMetrics(),
          log,
        });
        const refunds = async (id: string, account?: { readonly name: string; readonly key: string }) => {
          expect((await read(id)).channels.email!.delivery.state).toBe('ACCEPTED');
          await report([
            {
              provider: 'twilio',
              ...(account && { account }),
              vendorId: 'v1',
              end: { state: 'FAILED', error: 'UNDELIVERED' },
            },
          ]);
          const { channels, events } = await read(id);
          expect(channels.email!.delivery.state).toBe('FAILED');
          return events.flatMap(({ charge }) => charge ?? []);
        };
        expect(await refunds('own', { name: 'our-twilio', key: 'acme/our-twilio' })).toEqual([]);
        expect(await refunds('service')).toEqual([PAID]);
      },
    );

    it('accepted by its marks, or not begun: no provider is asked', async () => {
      await leased('a', DEAD);
      await leased('b', DEAD);
      const marks = createMarks(marksOf(DEAD), log);
      marks.begin('lease-a', 'smtp');
      marks.accepted('lease-a', 'v1');
      await takeOver(() => {
        throw new Error('it was asked');
      });
      expect((await read('b')).channels.email!.delivery.state).toBe('QUEUED');
    });

    it('not begun: due at once, and the attempt is given back', async () => {
      await leased('a', DEAD);
      createMarks(marksOf(DEAD), log).begin('another', 'smtp');
      await takeOver();
      expect((await read('a')).channels.email!.delivery).toMatchObject({
        triesLeft: sampleSession().channels.email!.delivery.triesLeft,
        dueAt: new Date(NOW + 1_000),
      });
    });

    it('without marks here: due at once, the attempt is used', async () => {
      await leased('a', DEAD);
      await takeOver();
      expect((await read('a')).channels.email!.delivery).toMatchObject({ triesLeft: 4 });
      expect(offered).toEqual(['acme/a']);
    });

    it('of every one of many, also where the lease has expired; nothing of living processes and of release 0.1', async () => {
      for (let n = 0; n < 120; n++) await leased(`dead${n}`, DEAD, { leaseMs: n % 2 ? 30_000 : -5_000 });
      await leased('alive', 'a'.repeat(32));
      await leased('first', undefined);
      const before = [await read('alive'), await read('first')];
      await Promise.all([takeOver(), takeOver()]);
      expect(new Set(offered).size).toBe(120);
      expect(offered).toHaveLength(120);
      expect([await read('alive'), await read('first')]).toEqual(before);
    });
  });
});
