import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Documents } from '../../../server/store/documents.js';
import { openEmbedded } from '../../../server/store/embedded.js';
import { THINGS, type Thing } from '../../storeContract/documents.js';
import { eventually } from '../../support/eventually.js';
import { ManualClock } from '../../support/manualClock.js';

const MINUTE = 60_000;
const COLLECTIONS = [THINGS, { name: 'kept', indexes: [], ttl: false }];

let folder: string;
let clock: ManualClock;
let documents: Documents;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'countersign-sweep-'));
  clock = new ManualClock();
  documents = await openEmbedded({ dataDir: folder, clock, collections: COLLECTIONS });
});
afterEach(async () => {
  await documents.close();
  await rm(folder, { recursive: true, force: true });
});

const ids = async () =>
  (
    await documents
      .collection<Thing>('things')
      .find({}, { sort: { _id: 1 } })
      .toArray()
  ).map(({ _id }) => _id);

/** A round has ended when the next one is planned. */
const afterNextRound = async () => {
  clock.advance(MINUTE);
  await eventually(() => clock.pending === 1);
};

it('removes documents at their purgeAt, and neither sooner nor others', async () => {
  const things = documents.collection<Thing>('things');
  const start = clock.now();
  await things.insertOne({ _id: 'at', tags: ['t'], purgeAt: new Date(start + MINUTE) });
  await things.insertOne({ _id: 'beyond', tags: ['t'], purgeAt: new Date(start + MINUTE + 1) });
  await things.insertOne({ _id: 'never' });
  await things.insertOne({ _id: 'null', purgeAt: null });
  await documents.collection<Thing>('kept').insertOne({ _id: 'other', purgeAt: new Date(start) });
  clock.advance(MINUTE - 1);
  expect(await ids()).toEqual(['at', 'beyond', 'never', 'null']);
  await afterNextRound();
  expect(await ids()).toEqual(['beyond', 'never', 'null']);
  expect(await things.find({ tags: 't' }).toArray()).toHaveLength(1);
  await afterNextRound();
  expect(await ids()).toEqual(['never', 'null']);
  expect(await documents.collection('kept').findOne({ _id: 'other' })).not.toBeNull();
});

it('removes a great many in one round', async () => {
  const things = documents.collection<Thing>('things');
  const purgeAt = new Date(clock.now());
  await Promise.all(Array.from({ length: 450 }, (_, n) => things.insertOne({ _id: `w/${n}`, purgeAt })));
  await afterNextRound();
  expect(await ids()).toEqual([]);
});

it('can be off', async () => {
  const other = await openEmbedded({ dataDir: folder, clock, collections: COLLECTIONS, ttl: false });
  expect(clock.pending).toBe(1);
  await documents.collection<Thing>('things').insertOne({ _id: 'past', purgeAt: new Date(0) });
  await documents.close();
  expect(clock.pending).toBe(0);
  clock.advance(10 * MINUTE);
  expect(await other.collection('things').findOne({ _id: 'past' })).not.toBeNull();
  await other.close();
});

describe('while the clock is doubtful', () => {
  const HOUR = 60 * MINUTE;
  const META = { name: 'meta', indexes: [], ttl: false };

  it.each([
    ['forward by a year', 365 * 24 * HOUR],
    ['back by an hour', -HOUR],
  ])('set %s, nothing is removed for an hour', async (_how, step) => {
    const things = documents.collection<Thing>('things');
    await afterNextRound();
    await things.insertOne({ _id: 'past', purgeAt: new Date(0) });
    await things.insertOne({ _id: 'next month', purgeAt: new Date(clock.now() + 30 * 24 * HOUR) });
    clock.step(step);
    for (let minute = 0; minute < 59; minute++) await afterNextRound();
    expect(await ids()).toEqual(['next month', 'past']);
    clock.step(-step);
    // Set right, which is a step as well.
    for (let minute = 0; minute < 61; minute++) await afterNextRound();
    expect(await ids()).toEqual(['next month']);
  });

  it('more than an hour beyond what the store knows at the start, nothing is removed for an hour', async () => {
    const collections = [...COLLECTIONS, META];
    const dataDir = await mkdtemp(join(tmpdir(), 'countersign-sweep-'));
    const first = await openEmbedded({ dataDir, clock, collections });
    await first.collection<Thing>('things').insertOne({ _id: 'soon', purgeAt: new Date(clock.now() + HOUR) });
    clock.advance(MINUTE);
    await eventually(() => clock.pending === 2);
    await first.close();
    const later = new ManualClock(clock.now() + 2 * HOUR);
    const next = await openEmbedded({ dataDir, clock: later, collections });
    const there = async () => (await next.collection('things').findOne({ _id: 'soon' })) !== null;
    const rounds = async (count: number) => {
      for (let round = 0; round < count; round++) {
        later.advance(MINUTE);
        await eventually(() => later.pending === 1);
      }
    };
    await rounds(60);
    expect(await there()).toBe(true);
    await rounds(2);
    expect(await there()).toBe(false);
    await next.close();
    await rm(dataDir, { recursive: true, force: true });
  });
});
