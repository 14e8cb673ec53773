import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import {
  type Keyring,
  openKeyring,
  PURPOSES,
  type Purpose,
  ROTATION_DELAY_MS,
} from '../../../../server/secrets/keyring/keyring.js';
import type { WrappedKey } from '../../../../server/secrets/keyring/keyWrapping.js';
import { parseMasterKeys } from '../../../../server/secrets/keyring/masterKeys.js';
import { SecretsRefused } from '../../../../server/secrets/keyring/refusal.js';
import type { Collection, Documents } from '../../../../server/store/documents.js';
import { openEmbedded } from '../../../../server/store/embedded.js';
import { ManualClock } from '../../../support/manualClock.js';
import { seededRandom } from '../../../support/seededRandom.js';

const entry = (id: string, fill: number) => `${id}:${Buffer.alloc(32, fill).toString('base64')}`;
const OLD = entry('old', 1);
const NEW = entry('new', 2);

interface Stored {
  readonly _id: Purpose;
  readonly rev: number;
  readonly keys: readonly WrappedKey[];
}

let folder: string;
let stores: Documents[];
let stored: Collection<Stored>;
let clock: ManualClock;
let starts: number;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'countersign-keyring-'));
  stores = [];
  clock = new ManualClock();
  starts = 0;
  stored = (await connect()).collection<Stored>('keyring');
});
afterEach(async () => {
  await Promise.all(stores.map((store) => store.close()));
  await rm(folder, { recursive: true, force: true });
});

/** Opens the same store once more, as another process would. */
async function connect(): Promise<Documents> {
  const store = await openEmbedded({ dataDir: folder, ttl: false });
  stores.push(store);
  return store;
}

const open = (masters: string, documents: Pick<Documents, 'collection'> = stores[0]!): Promise<Keyring> =>
  openKeyring({
    documents,
    masters: parseMasterKeys(masters),
    clock,
    random: seededRandom(`start ${starts++}`),
  });

/** Everything a ring holds, comparable. */
const contents = (keyring: Keyring) =>
  PURPOSES.map((purpose) => [
    purpose,
    keyring.keys(purpose).current().id,
    ...keyring
      .keys(purpose)
      .all()
      .map(({ id, secret }) => [id, secret.export().toString('hex')]),
  ]);

const everything = async (): Promise<Stored[]> =>
  Promise.all(PURPOSES.map(async (_id) => (await stored.findOne({ _id }))!));
const wrappedBy = async () =>
  new Set((await everything()).flatMap(({ keys }) => keys.map(({ master }) => master)));
const replaceKeys = (purpose: Purpose, keys: readonly WrappedKey[]) =>
  stored.findOneAndUpdate({ _id: purpose }, { $set: { keys } });

/** The store, with something that happens before each operation. */
function interrupted(before: (operation: string) => Promise<void>): Pick<Documents, 'collection'> {
  const collection = new Proxy(stored, {
    get: (target, name: keyof Collection<Stored>) => async (filter: never, update: never) => {
      await before(name);
      return target[name](filter, update);
    },
  });
  return { collection: (() => collection) as unknown as Documents['collection'] };
}
const unreachable = async () => {
  throw new Error('no store');
};

describe('the key ring', () => {
  it('makes a different key of 32 bytes for each purpose at the first start', async () => {
    const keyring = await open(OLD);
    const keys = PURPOSES.map((purpose) => keyring.keys(purpose).current());
    expect(new Set(keys.map(({ secret }) => secret.export().toString('hex'))).size).toBe(PURPOSES.length);
    for (const { id, secret } of keys) {
      expect(secret.symmetricKeySize).toBe(32);
      expect(id).toMatch(/^[0-9a-f]{12}$/);
    }
  });

  it('holds the same keys after a restart', async () => {
    const first = contents(await open(OLD));
    expect(contents(await open(OLD))).toEqual(first);
  });

  it('stores no key in clear', async () => {
    const keyring = await open(OLD);
    const text = JSON.stringify(await everything());
    for (const purpose of PURPOSES) {
      const bytes = keyring.keys(purpose).current().secret.export();
      for (const encoding of ['hex', 'base64', 'base64url'] as const) {
        expect(text).not.toContain(bytes.toString(encoding));
      }
    }
  });

  it('is the same for all processes that start at once', async () => {
    const others = await Promise.all([connect(), connect(), connect()]);
    const rings = await Promise.all([...others, ...others].map((store) => open(OLD, store)));
    expect(new Set(rings.map((keyring) => JSON.stringify(contents(keyring)))).size).toBe(1);
  });

  it('makes what is missing and leaves the rest', async () => {
    const first = contents(await open(OLD));
    await stored.deleteOne({ _id: 'token' });
    const second = contents(await open(OLD));
    const changed = first.filter((purpose, i) => JSON.stringify(purpose) !== JSON.stringify(second[i]));
    expect(changed.map(([purpose]) => purpose)).toEqual(['token']);
  });

  it('passes on a failure of the store', async () => {
    await expect(open(OLD, interrupted(unreachable))).rejects.toThrow('no store');
  });
});

describe('a change of the master key', () => {
  it('wraps every key again and changes none', async () => {
    const before = contents(await open(OLD));
    expect(contents(await open(`${NEW},${OLD}`))).toEqual(before);
    expect(await wrappedBy()).toEqual(new Set(['new']));
    // The old one is not needed any more.
    expect(contents(await open(NEW))).toEqual(before);
  });

  it('may be made by several processes at once, while a key is rotated', async () => {
    const running = await open(OLD);
    const others = await Promise.all([connect(), connect()]);
    const rotation = running.rotate('pepper');
    await Promise.all([rotation, ...[...others, ...others].map((store) => open(`${NEW},${OLD}`, store))]);
    const after = await open(`${NEW},${OLD}`);
    expect(
      after
        .keys('pepper')
        .all()
        .map(({ id }) => id),
    ).toContain((await rotation).id);
    expect(after.keys('pepper').all()).toHaveLength(2);
    expect(await wrappedBy()).toEqual(new Set(['new']));
  });

  it('keeps a key that another process adds in between', async () => {
    const running = await open(OLD);
    let added: string | undefined;
    const store = interrupted(async (operation) => {
      if (operation === 'findOneAndUpdate') added ??= (await running.rotate('index')).id;
    });
    const keys = (await open(`${NEW},${OLD}`, store)).keys('index').all();
    expect(keys.map(({ id }) => id)).toEqual([added, expect.any(String)]);
    expect(await wrappedBy()).toEqual(new Set(['new']));
  });

  it('leaves alone what the first one wraps already', async () => {
    await open(OLD);
    const before = await everything();
    await open(`${OLD},${NEW}`);
    expect(await everything()).toEqual(before);
  });

  it('is refused when the key that wraps is missing, and says which one it is', async () => {
    await open(OLD);
    const refused = open(NEW);
    await expect(refused).rejects.toBeInstanceOf(SecretsRefused);
    await expect(refused).rejects.toThrow(/master key "old", which is missing \(given: "new"\)/);
  });

  it('is refused when another key is given under the same id', async () => {
    await open(OLD);
    await expect(open(entry('old', 9))).rejects.toThrow(/does not open with master key "old"/);
  });

  it('is refused when a wrapped key was moved to another purpose', async () => {
    await open(OLD);
    await replaceKeys('token', (await stored.findOne({ _id: 'pepper' }))!.keys);
    await expect(open(OLD)).rejects.toThrow(/token key .* does not open/);
  });

  it('is refused when a wrapped key was moved to another id', async () => {
    await open(OLD);
    const [key] = (await stored.findOne({ _id: 'token' }))!.keys;
    await replaceKeys('token', [{ ...key!, id: 'another1' }]);
    await expect(open(OLD)).rejects.toThrow(/token key another1 does not open/);
  });
});

describe('a rotation', () => {
  it('adds a key that becomes the current one after two minutes, and accepts the older one', async () => {
    const keyring = await open(OLD);
    const keys = keyring.keys('signing');
    const before = keys.current();
    const { id, from } = await keyring.rotate('signing');
    expect(from.getTime()).toBe(clock.now() + ROTATION_DELAY_MS);
    expect(keys.all().map((key) => key.id)).toEqual([id, before.id]);

    clock.advance(ROTATION_DELAY_MS - 1);
    expect(keys.current().id).toBe(before.id);
    clock.advance(1);
    expect(keys.current().id).toBe(id);
    expect(keys.find(before.id)?.secret.equals(before.secret)).toBe(true);
  });

  it('concerns its own purpose only', async () => {
    const keyring = await open(OLD);
    const before = contents(keyring);
    await keyring.rotate('index');
    expect(contents(keyring).filter(([purpose]) => purpose !== 'index')).toEqual(
      before.filter(([purpose]) => purpose !== 'index'),
    );
  });

  it('survives a restart, newest first', async () => {
    const keyring = await open(OLD);
    await keyring.rotate('token');
    await keyring.rotate('token');
    clock.advance(ROTATION_DELAY_MS);
    expect(contents(await open(OLD))).toEqual(contents(keyring));
  });

  it('reaches running processes before the new key is used', async () => {
    const [one, other] = [await open(OLD), await open(OLD, await connect())];
    const stop = other.keepFresh((failure) => {
      throw failure;
    });
    const { id, from } = await one.rotate('encryption');
    expect(other.keys('encryption').find(id)).toBeUndefined();
    clock.advance(60_000);
    await vi.waitFor(() => expect(other.keys('encryption').find(id)).toBeDefined());
    expect(clock.now()).toBeLessThan(from.getTime());
    await vi.waitFor(() => expect(clock.pending).toBe(1));
    stop();
    expect(clock.pending).toBe(0);
  });
});

describe('a refresh that fails', () => {
  it('is reported, keeps the keys, and is repeated', async () => {
    let broken = false;
    const store = interrupted(async () => (broken ? unreachable() : undefined));
    const keyring = await open(OLD, store);
    const before = contents(keyring);
    const failures: unknown[] = [];
    const stop = keyring.keepFresh((failure) => failures.push(failure));
    broken = true;
    for (let minute = 1; minute <= 2; minute++) {
      clock.advance(60_000);
      await vi.waitFor(() => expect([failures.length, clock.pending]).toEqual([minute, 1]));
    }
    expect(contents(keyring)).toEqual(before);

    broken = false;
    const { id } = await (await open(OLD)).rotate('token');
    clock.advance(60_000);
    await vi.waitFor(() => expect(keyring.keys('token').find(id)).toBeDefined());
    expect(failures).toHaveLength(2);
    stop();
  });

  it('does not keep the other purposes from being read', async () => {
    const [one, other] = [await open(OLD), await open(OLD)];
    const { id } = await one.rotate('signing');
    // Another process has wrapped this one with a master key that is not known here.
    const [key] = (await stored.findOne({ _id: 'index' }))!.keys;
    await replaceKeys('index', [{ ...key!, master: 'newest' }]);
    await expect(other.refresh()).rejects.toThrow(/"newest", which is missing/);
    expect(other.keys('signing').find(id)).toBeDefined();
    expect(other.keys('index').current()).toBeDefined();
  });
});
