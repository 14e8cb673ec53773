import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createFingerprints } from '../../../server/secrets/fingerprints.js';
import { beginMetadataKeys, metadataKeys, wantedKeys } from '../../../server/session/metadataKeys.js';
import { COLLECTIONS } from '../../../server/store/collections.js';
import type { Document, Documents, Filter } from '../../../server/store/documents.js';
import { chooseIndex, searchFields } from '../../../server/store/indexChoice.js';
import { connectJson } from '../../support/connectJson.js';
import { eachEngine, type TestStore } from '../../support/engines.js';
import { fixedKeys } from '../../support/fixedKeys.js';
import { ManualClock } from '../../support/manualClock.js';
import { startService, type TestService } from '../../support/service.js';
import { wrapOperations } from '../../support/wrapOperations.js';

const DAY_MS = 86_400_000;
const METHODS = ['otp.v1.OtpService/ListSessions', 'otp.admin.v1.SessionService/ListSessions'] as const;
const fingerprints = createFingerprints(fixedKeys('index'));

describe('the keys of metadata', () => {
  const keysOf = (metadata: string) => metadataKeys(fingerprints, 'acme', metadata);
  const finds = (metadata: string, ...value: [string, string]) =>
    wantedKeys(fingerprints, 'acme', value).some((key) => keysOf(metadata).includes(key));

  it('are of every way to name a top-level value, and say nothing of it', () => {
    const metadata = '{"who":"ana@example.com","n":1.0,"big":12345678901234567890,"yes":true,"in":{"a":1}}';
    for (const [name, value] of [
      ['who', 'ana@example.com'],
      ['n', '1'],
      ['n', '1.0'],
      ['big', '12345678901234567890'],
      ['yes', 'true'],
      ['in', '{"a":1}'],
    ] as const)
      expect(finds(metadata, name, value), name).toBe(true);
    expect(finds(metadata, 'who', 'ben@example.com')).toBe(false);
    expect(finds(metadata, 'n', 'ana@example.com')).toBe(false);
    for (const key of keysOf(metadata)) expect(key).toMatch(/^[\w-]{43}$/);
    expect(metadataKeys(fingerprints, 'other', metadata)).not.toEqual(keysOf(metadata));
  });

  it('are few: of more values than are hashed every one is found all the same', () => {
    const many = Object.fromEntries(Array.from({ length: 40 }, (_, n) => [`k${n}`, `v${n}`]));
    const metadata = JSON.stringify(many);
    expect(keysOf(metadata)).toHaveLength(17);
    expect(finds(metadata, 'k39', 'v39')).toBe(true);
    expect(keysOf('{}')).toEqual([]);
  });
});

eachEngine((engine) => {
  describe('sessions by metadata', () => {
    let store: TestStore;
    let service: TestService;
    let raw: Documents;
    let call: ReturnType<typeof connectJson>;
    const asked: Filter[] = [];
    beforeAll(async () => {
      store = await engine.newStore();
      raw = await store.open();
      const documents = wrapOperations(raw, (operation, { collection, name, filter = {} }) => {
        if (collection === 'sessions' && name === 'find' && filter.partition) asked.push(filter);
        return operation();
      });
      service = await startService({ documents });
      call = connectJson(service.baseUrl, service.liveKey);
    });
    afterAll(() => service.stop());

    let people = 0;
    const send = async (metadata: object): Promise<string> => {
      service.clock.advance(1);
      const recipients = { email: `metadata.${people++}@example.com` };
      return (await call('otp.v1.OtpService/Send', { recipients, metadata })).body.session.id;
    };
    /** What each of the two methods lists, page by page, in the live mode. */
    async function listed(metadata: object, pageSize = 20): Promise<readonly string[]> {
      const lists = await Promise.all(
        METHODS.map(async (method) => {
          const ids: string[] = [];
          let pageToken = '';
          do {
            const more = method.includes('admin') ? {} : { sandbox: false };
            const { status, body } = await call(method, { metadata, pageSize, pageToken, ...more });
            expect(status, JSON.stringify(body)).toBe(200);
            for (const one of body.sessions ?? []) ids.push(one.session ? one.session.id : one.id);
            pageToken = body.nextPageToken ?? '';
          } while (pageToken);
          return ids;
        }),
      );
      expect(lists[1]).toEqual(lists[0]);
      return lists[0]!;
    }

    it('are found by an index of keyed hashes, and no value is in the store in clear', async () => {
      const order = 'order-of-ana@example.com';
      const first = await send({ order, n: 7 });
      await send({ order: 'another-order', n: 7 });
      const second = await send({ order, n: 8 });
      asked.length = 0;
      expect(await listed({ order })).toEqual([second, first]);
      expect(await listed({ order }, 1)).toEqual([second, first]);
      expect(await listed({ n: '7', order })).toEqual([first]);
      expect(await listed({ order: 'no-order' })).toEqual([]);
      const spec = COLLECTIONS.find(({ name }) => name === 'sessions')!;
      expect(asked.length).toBeGreaterThan(0);
      for (const filter of asked)
        expect(chooseIndex(spec, searchFields(spec), filter, { _id: -1 }).field?.path).toBe('metadataKeys');
      const dump = (await store.dump()).map(({ text }) => text).join('\n');
      expect(dump).toContain(first);
      for (const value of [order, 'another-order']) expect(dump).not.toContain(value);
    });
  });

  describe('sessions from before values were hashed', () => {
    it('are found by reading them, and those after by the index', async () => {
      const raw = await engine.open();
      const service = await startService({ documents: raw });
      try {
        const call = connectJson(service.baseUrl, service.liveKey);
        const metadata = { order: '4711' };
        const send = async (email: string) =>
          (await call('otp.v1.OtpService/Send', { recipients: { email }, metadata })).body.session.id;
        const [clear, sealed] = [await send('one@example.com'), await send('two@example.com')];
        const sessions = raw.collection<Document>('sessions');
        await sessions.findOneAndUpdate(
          { _id: `default/${clear}` },
          {
            $set: { metadata: JSON.stringify(metadata) },
            $unset: { sealedMetadata: '', metadataKeys: '' },
          },
        );
        await sessions.findOneAndUpdate({ _id: `default/${sealed}` }, { $unset: { metadataKeys: '' } });
        // As at the first start of this release on such a store.
        await raw.collection('meta').deleteOne({ _id: 'metadataKeys' });
        await beginMetadataKeys(raw, service.clock);
        service.clock.advance(DAY_MS + 60_000);
        const hashed = await send('three@example.com');
        for (const method of METHODS) {
          const { body } = await call(method, { metadata, pageSize: 50 });
          const ids = body.sessions.map((one: { id?: string; session?: { id: string } }) =>
            one.session ? one.session.id : one.id,
          );
          expect(ids, method).toEqual([hashed, sealed, clear]);
        }
      } finally {
        await service.stop();
      }
    });

    it('are those until a day after the first start on a store that has some; on an empty one there are none', async () => {
      const documents = await engine.open();
      const clock = new ManualClock();
      const since = async () =>
        (await documents.collection<Document & { since: Date }>('meta').findOne({ _id: 'metadataKeys' }))
          ?.since;
      await beginMetadataKeys(documents, clock);
      expect(await since()).toEqual(new Date(0));
      await documents.collection('meta').deleteOne({ _id: 'metadataKeys' });
      await documents.collection('sessions').insertOne({ _id: 'acme/1' });
      await beginMetadataKeys(documents, clock);
      const first = new Date(clock.now() + DAY_MS);
      expect(await since()).toEqual(first);
      clock.advance(DAY_MS);
      await beginMetadataKeys(documents, clock);
      expect(await since()).toEqual(first);
    });
  });
});
