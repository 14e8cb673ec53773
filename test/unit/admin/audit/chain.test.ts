import { create } from '@bufbuild/protobuf';
import { timestampFromMs } from '@bufbuild/protobuf/wkt';
import { beforeEach, describe, expect, it } from 'vitest';
import {
  AuditService,
  ExportAuditEntriesRequestSchema,
  type ListAuditEntriesRequest,
  ListAuditEntriesRequestSchema,
  VerifyAuditLogRequestSchema,
} from '../../../../gen/otp/admin/v1/audit_service_pb.js';
import { createExportAuditEntries } from '../../../../server/admin/audit/exportEntries.js';
import { createAuditHandlers } from '../../../../server/admin/audit/handlers.js';
import {
  AUDIT_KEPT_MS,
  type AuditChain,
  createAuditChain,
  type StoredAuditEntry,
} from '../../../../server/admin/shared/auditChain.js';
import type { Call } from '../../../../server/call/call.js';
import type { Documents } from '../../../../server/store/documents.js';
import { eachEngine } from '../../../support/engines.js';
import { ManualClock } from '../../../support/manualClock.js';

const PERSON = 'fingerprint-of-ana';

eachEngine((engine) => {
  let documents: Documents;
  let clock: ManualClock;
  let chain: AuditChain;
  let salts: number;
  beforeEach(async () => {
    clock = new ManualClock();
    documents = await engine.open({ clock });
    salts = 0;
    chain = newChain();
  });
  const newChain = () =>
    createAuditChain({ documents, newSalt: () => `a random salt, number ${++salts}`, clock });

  const event = (id: string, more: object = {}) => ({
    id,
    at: new Date(clock.now()),
    actor: 'key-1',
    method: 'otp.admin.v1.ApiKeyService/UpdateApiKey',
    peer: '192.0.2.1',
    fields: ['display_name', 'scopes'],
    resource: `apiKeys/${id}`,
    outcome: 'OK',
    read: false,
    ...more,
  });
  const append = (id: string, more: object = {}, workspace = 'acme') =>
    chain.append(workspace, event(id, more));

  const call = (scope: 'admin' | 'operator' = 'admin') =>
    ({
      method: AuditService.method.listAuditEntries,
      principal: { workspace: 'acme', mode: 'live', client: 'key-1', scopes: new Set([scope]) },
      signal: new AbortController().signal,
    }) as unknown as Call;
  const handlers = () =>
    createAuditHandlers({
      documents,
      chain,
      workspaces: { isKnown: async (name) => name !== 'gone' },
      clock,
    });
  const verify = (request: object = {}) =>
    handlers().verifyAuditLog(call(), create(VerifyAuditLogRequestSchema, request));
  const list = async (request: Partial<ListAuditEntriesRequest> = {}, scope?: 'operator') => {
    const made = create(ListAuditEntriesRequestSchema, request as object);
    const { entries = [] } = await handlers().listAuditEntries(call(scope), made);
    return entries.map(({ id }) => id);
  };
  const exported = async (request: object = {}, scope?: 'operator') => {
    const found: string[] = [];
    let cursor = '';
    const stream = createExportAuditEntries({ documents, chain, clock })(
      call(scope),
      create(ExportAuditEntriesRequestSchema, request),
    );
    for await (const response of stream) {
      found.push(...(response.entries ?? []).map(({ id }) => id!));
      cursor = response.cursor ?? '';
    }
    return { found, cursor };
  };
  const stored = () =>
    documents
      .collection<StoredAuditEntry>('audit')
      .find({}, { sort: { _id: 1 } })
      .toArray();
  const change = (_id: string, $set: object) =>
    documents.collection('audit').findOneAndUpdate({ _id }, { $set: $set as Record<string, unknown> });

  describe('the chain of the audit log', () => {
    it('is whole after many processes appended at once, without a gap', async () => {
      const chains = [chain, newChain(), newChain()];
      await Promise.all(
        Array.from({ length: 24 }, (_, nth) => chains[nth % 3]!.append('acme', event(`entry-${nth}`))),
      );
      const entries = await stored();
      expect(entries.map(({ sequence }) => sequence)).toEqual(entries.map((_, nth) => nth + 1));
      expect(entries[0]!.previousHash).toBe('');
      expect(entries.slice(1).map(({ previousHash }) => previousHash)).toEqual(
        entries.slice(0, -1).map(({ hash }) => hash),
      );
      expect(await verify()).toMatchObject({ whole: true, checked: 24n, hash: entries.at(-1)!.hash });
    });

    it('is found broken by one changed byte in any field of a stored entry', async () => {
      for (const id of ['a', 'b', 'c']) {
        clock.advance(1_000);
        await append(id, { resource: id === 'b' ? `recipients/${PERSON}` : `apiKeys/${id}` });
      }
      const entry = (await stored())[1]!;
      const { _id, ...fields } = entry;
      const bytes = Object.entries(fields).map(([name, value]): [string, unknown] => [
        name,
        otherThan(value),
      ]);
      expect(bytes.map(([name]) => name)).toContain('fingerprint');
      for (const [name, value] of bytes) {
        await change(_id, { [name]: value });
        const { whole, brokenAt, checked } = await verify();
        expect({ name, whole, checked, at: brokenAt?.id }).toMatchObject({ name, whole: false, checked: 1n });
        await change(_id, { [name]: fields[name as keyof typeof fields] });
        expect((await verify()).whole).toBe(true);
      }
    });

    it('is found broken where an entry was removed, added or put in another place', async () => {
      for (const id of ['a', 'b', 'c']) await append(id);
      const audit = documents.collection<StoredAuditEntry>('audit');
      const [first, second] = await stored();
      await audit.deleteOne({ _id: second!._id });
      expect((await verify()).brokenAt?.id).toBe('c');
      await audit.insertOne({ ...first!, _id: second!._id });
      expect((await verify()).brokenAt?.id).toBe('a');
      await audit.deleteOne({ _id: second!._id });
      await audit.insertOne(second!);
      expect((await verify()).whole).toBe(true);
      await audit.deleteOne({ _id: first!._id });
      expect((await verify()).brokenAt?.id).toBe('b');
    });

    it('stays whole when its oldest entries are past their time and removed', async () => {
      await append('a');
      clock.advance(AUDIT_KEPT_MS / 2);
      await append('b');
      const [first] = await stored();
      await documents.collection('audit').deleteOne({ _id: first!._id });
      expect((await verify()).whole).toBe(false);
      clock.advance(AUDIT_KEPT_MS / 2 + 1_000);
      expect(await verify()).toMatchObject({ whole: true, checked: 1n });
      await append('c');
      expect(await verify()).toMatchObject({ whole: true, checked: 2n });
    });

    it('stays whole when a person is erased from it, and then leads to no person', async () => {
      await append('a', { resource: `recipients/${PERSON}`, read: true });
      await append('b', { resource: `recipientBlocks/${PERSON}` });
      await append('c', { resource: `contacts/${PERSON}` });
      await append('d');
      expect(await list({ fingerprint: PERSON })).toEqual(['c', 'b', 'a']);
      const before = (await stored()).map(({ hash }) => hash);
      expect(await chain.forget('acme', [PERSON, 'another'])).toBe(3);
      expect(JSON.stringify(await stored())).not.toContain(PERSON);
      expect(await list({ fingerprint: PERSON })).toEqual([]);
      expect(await list()).toEqual(['d', 'c', 'b', 'a']);
      expect(await verify()).toMatchObject({ whole: true, checked: 4n });
      expect((await stored()).map(({ hash }) => hash)).toEqual(before);
    });

    it('is of one workspace; that of another, and of none, is another', async () => {
      await append('a');
      await append('b', {}, 'globex');
      expect((await stored()).map(({ sequence, previousHash }) => [sequence, previousHash])).toEqual([
        [1, ''],
        [1, ''],
      ]);
      await expect(
        handlers().verifyAuditLog(
          call('operator'),
          create(VerifyAuditLogRequestSchema, { workspace: 'gone' }),
        ),
      ).rejects.toMatchObject({ reason: 'NOT_FOUND' });
      await expect(verify({ pageToken: Buffer.from('7').toString('base64url') })).rejects.toMatchObject({
        reason: 'INVALID_REQUEST',
      });
    });
  });

  describe('a call whose end was never stored', () => {
    it('is listed as STARTED after ten minutes, once', async () => {
      await append('a');
      await chain.begin('acme', event('cut off', { outcome: 'STARTED', resource: '' }));
      expect(await list()).toEqual(['a']);
      clock.advance(10 * 60_000 + 1);
      expect(await list()).toEqual(['cut off', 'a']);
      expect(await list({ outcome: 'STARTED' })).toEqual(['cut off']);
      expect(await list({}, 'operator')).toEqual(['cut off', 'a']);
      expect(await verify()).toMatchObject({ whole: true, checked: 2n });
    });

    it('is not listed twice where only the note of its beginning was left behind', async () => {
      const begun = event('a', { outcome: 'STARTED' });
      await chain.begin('acme', begun);
      await append('a');
      await chain.begin('acme', begun);
      clock.advance(11 * 60_000);
      expect(await list()).toEqual(['a']);
    });
  });

  describe('the audit log', () => {
    beforeEach(async () => {
      await append('a', { actor: 'key-2' });
      clock.advance(1_000);
      await append('b', { method: 'otp.admin.v1.GuardService/UpdateGuard', resource: 'guard' });
      clock.advance(1_000);
      await append('c', { outcome: 'NOT_FOUND', resource: 'sponsors/s/beneficiaries/1' });
      clock.advance(1_000);
      await append('d', { read: true, resource: `recipients/${PERSON}` });
      await append('e', {}, 'globex');
    });
    const time = (seconds: number) => timestampFromMs(clock.now() - 3_000 + seconds * 1_000);

    it.each([
      [{ actor: 'key-2' }, ['a']],
      [{ method: 'GuardService' }, ['b']],
      [{ method: 'otp.admin.v1.GuardService/UpdateGuard' }, ['b']],
      [{ method: 'Guard' }, []],
      [{ resource: 'apiKeys' }, ['a']],
      [{ resource: 'apiKeys/a' }, ['a']],
      [{ resource: 'sponsors/s' }, ['c']],
      [{ resource: 'sponsors/x' }, []],
      [{ resource: `recipients/${PERSON}` }, ['d']],
      [{ resource: 'recipients' }, ['d']],
      [{ outcome: 'NOT_FOUND' }, ['c']],
      [{ read: true }, ['d']],
      [{ read: false }, ['c', 'b', 'a']],
      [{ fingerprint: PERSON }, ['d']],
      [{ actor: 'key-1', outcome: 'OK' }, ['d', 'b']],
    ])('lists and exports what matches all of %j', async (filter, wanted) => {
      expect(await list(filter)).toEqual(wanted);
      expect((await exported(filter)).found).toEqual([...wanted].reverse());
    });

    it('lists a range of time, the end left out', async () => {
      expect(await list({ after: time(1), before: time(3) })).toEqual(['c', 'b']);
    });

    it('is of all workspaces with "-", for operators only', async () => {
      expect(await list({ workspace: '-' }, 'operator')).toEqual(['e', 'd', 'c', 'b', 'a']);
      await expect(list({ workspace: '-' })).rejects.toMatchObject({ reason: 'PERMISSION_DENIED' });
      await expect(exported({ workspace: '-' })).rejects.toMatchObject({ reason: 'PERMISSION_DENIED' });
    });

    it('is exported from a cursor on, nothing repeated or lost', async () => {
      const first = await exported();
      expect(first.found).toEqual(['a', 'b', 'c', 'd']);
      await append('f');
      const second = await exported({ cursor: first.cursor });
      expect(second.found).toEqual(['f']);
      expect((await exported({ cursor: second.cursor })).found).toEqual([]);
      const foreign = Buffer.from('globex/~000000000000000').toString('base64url');
      await expect(exported({ cursor: foreign })).rejects.toMatchObject({ reason: 'INVALID_REQUEST' });
    });

    it('is exported over all workspaces up to ten seconds ago', async () => {
      expect((await exported({ workspace: '-' }, 'operator')).found).toEqual([]);
      clock.advance(8_500);
      const first = await exported({ workspace: '-' }, 'operator');
      expect(first.found).toEqual(['a', 'b']);
      clock.advance(10_000);
      expect((await exported({ workspace: '-', cursor: first.cursor }, 'operator')).found).toEqual([
        'c',
        'd',
        'e',
      ]);
    });

    it('is exported in pieces of a hundred', async () => {
      for (let nth = 0; nth < 105; nth++) await append(`n${nth}`);
      const { found } = await exported();
      expect(found).toHaveLength(109);
      expect(new Set(found).size).toBe(109);
    });
  });
});

/** The same value with one byte or bit changed. */
function otherThan(value: unknown): unknown {
  if (typeof value === 'string') return `${value.slice(0, -1)}${value.endsWith('x') ? 'y' : 'x'}`;
  if (typeof value === 'number') return value + 1;
  if (typeof value === 'boolean') return !value;
  if (value instanceof Date) return new Date(value.getTime() + 1);
  if (Array.isArray(value)) return [...value.slice(0, -1), otherThan(value.at(-1))];
  throw new Error(`no other value of ${typeof value}`);
}
