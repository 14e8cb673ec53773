import { beforeEach, describe, expect, it } from 'vitest';
import { type Keyring, openKeyring, PURPOSES, ROTATION_DELAY_MS } from '../../server/secrets/keyring.js';
import { parseMasterKeys } from '../../server/secrets/masterKeys.js';
import { SecretsRefused } from '../../server/secrets/refusal.js';
import { ManualClock } from '../support/manualClock.js';
import { MapDocuments } from '../support/mapDocuments.js';
import { seededRandom } from '../support/seededRandom.js';

const entry = (id: string, fill: number) => `${id}:${Buffer.alloc(32, fill).toString('base64')}`;
const OLD = entry('old', 1);
const NEW = entry('new', 2);

let documents: MapDocuments;
let clock: ManualClock;
let starts: number;
beforeEach(() => {
  documents = new MapDocuments();
  clock = new ManualClock();
  starts = 0;
});

const open = (masters: string): Promise<Keyring> =>
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
const wrappedBy = () =>
  [...documents.byId.values()].flatMap(({ keys }) =>
    (keys as { master: string }[]).map(({ master }) => master),
  );

describe('the key ring', () => {
  it('makes a different key of 32 bytes for each purpose at the first start', async () => {
    const keyring = await open(OLD);
    const keys = PURPOSES.map((purpose) => keyring.keys(purpose).current());
    expect(new Set(keys.map(({ secret }) => secret.export().toString('hex'))).size).toBe(PURPOSES.length);
    for (const { id, secret } of keys) {
      expect(secret.symmetricKeySize).toBe(32);
      expect(id).toMatch(/^[A-Za-z0-9_-]{8}$/);
    }
  });

  it('holds the same keys after a restart', async () => {
    const first = contents(await open(OLD));
    expect(contents(await open(OLD))).toEqual(first);
  });

  it('stores no key in clear', async () => {
    const keyring = await open(OLD);
    const stored = JSON.stringify([...documents.byId.values()]);
    for (const purpose of PURPOSES) {
      const bytes = keyring.keys(purpose).current().secret.export();
      for (const encoding of ['hex', 'base64', 'base64url'] as const) {
        expect(stored).not.toContain(bytes.toString(encoding));
      }
    }
  });

  it('is the same for everyone who starts at once', async () => {
    const rings = await Promise.all(Array.from({ length: 8 }, () => open(OLD)));
    expect(new Set(rings.map((keyring) => JSON.stringify(contents(keyring)))).size).toBe(1);
    expect(documents.byId.size).toBe(PURPOSES.length);
  });

  it('makes what is missing and leaves the rest', async () => {
    const first = contents(await open(OLD));
    documents.byId.delete('token');
    const second = contents(await open(OLD));
    const changed = first.filter((purpose, i) => JSON.stringify(purpose) !== JSON.stringify(second[i]));
    expect(changed.map(([purpose]) => purpose)).toEqual(['token']);
  });

  it('passes on a failure of the store', async () => {
    documents.before = () => {
      throw new Error('no store');
    };
    await expect(open(OLD)).rejects.toThrow('no store');
  });
});

describe('a change of the master key', () => {
  it('wraps every key anew and changes none', async () => {
    const before = contents(await open(OLD));
    expect(contents(await open(`${NEW},${OLD}`))).toEqual(before);
    expect(new Set(wrappedBy())).toEqual(new Set(['new']));
    // The old one is not needed any more.
    expect(contents(await open(NEW))).toEqual(before);
  });

  it('may be made by several processes at once, while a key is rotated', async () => {
    const running = await open(OLD);
    const rotation = running.rotate('pepper');
    await Promise.all([rotation, ...Array.from({ length: 6 }, () => open(`${NEW},${OLD}`))]);
    const after = await open(`${NEW},${OLD}`);
    expect(
      after
        .keys('pepper')
        .all()
        .map(({ id }) => id),
    ).toContain((await rotation).id);
    expect(after.keys('pepper').all()).toHaveLength(2);
    expect(new Set(wrappedBy())).toEqual(new Set(['new']));
  });

  it('leaves alone what the first one wraps already', async () => {
    await open(OLD);
    const before = structuredClone([...documents.byId.values()]);
    await open(`${OLD},${NEW}`);
    expect([...documents.byId.values()]).toEqual(before);
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
    documents.byId.get('token')!.keys = documents.byId.get('pepper')!.keys;
    await expect(open(OLD)).rejects.toThrow(/token key .* does not open/);
  });

  it('is refused when a wrapped key was moved to another id', async () => {
    await open(OLD);
    (documents.byId.get('token')!.keys as { id: string }[])[0]!.id = 'another1';
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
    const [one, other] = [await open(OLD), await open(OLD)];
    const stop = other.keepFresh((failure) => {
      throw failure;
    });
    const { id, from } = await one.rotate('encryption');
    expect(other.keys('encryption').find(id)).toBeUndefined();
    while (!other.keys('encryption').find(id)) {
      clock.advance(30_000);
      // A refresh takes a few turns of the event loop.
      for (let turn = 0; turn < 10; turn++) await new Promise(setImmediate);
    }
    expect(clock.now()).toBeLessThan(from.getTime());
    stop();
    expect(clock.pending).toBe(0);
  });
});

describe('a refresh that fails', () => {
  it('is reported, keeps the keys, and is tried again', async () => {
    const keyring = await open(OLD);
    const before = contents(keyring);
    const failures: unknown[] = [];
    const stop = keyring.keepFresh((failure) => failures.push(failure));
    documents.before = () => {
      throw new Error('no store');
    };
    for (let minute = 1; minute <= 2; minute++) {
      clock.advance(60_000);
      for (let turn = 0; turn < 20; turn++) await new Promise(setImmediate);
      expect(failures).toHaveLength(minute);
    }
    expect(contents(keyring)).toEqual(before);
    stop();
  });

  it('does not keep the other purposes from being read', async () => {
    const [one, other] = [await open(OLD), await open(OLD)];
    const { id } = await one.rotate('signing');
    // Another process has wrapped this one with a master key that is not known here.
    (documents.byId.get('index')!.keys as { master: string }[])[0]!.master = 'newest';
    await expect(other.refresh()).rejects.toThrow(/"newest", which is missing/);
    expect(other.keys('signing').find(id)).toBeDefined();
    expect(other.keys('index').current()).toBeDefined();
  });
});
