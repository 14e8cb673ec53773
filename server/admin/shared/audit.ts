import type { DescMethod } from '@bufbuild/protobuf';
import { type FieldMask, MethodOptions_IdempotencyLevel, timestampFromDate } from '@bufbuild/protobuf/wkt';
import type { AuditService } from '../../../gen/otp/admin/v1/audit_service_pb.js';
import type { Call, Handler } from '../../call/call.js';
import type { Handlers, Registration } from '../../call/handlers.js';
import { toFailure } from '../../errors.js';
import { createBoundedMap } from '../../platform/boundedMap.js';
import type { Clock } from '../../platform/clock.js';
import { DAY_MS, HOUR_MS } from '../../platform/durations.js';
import type { Documents } from '../../store/documents.js';
import { readPage } from './paging.js';
import { targetWorkspace } from './target.js';

/** One recorded call, `_id` = workspace/uuid. Holds names of fields and resources, never their values. */
interface StoredEntry {
  readonly _id: string;
  readonly at: Date;
  readonly actor: string;
  readonly method: string;
  readonly peer: string;
  readonly fields: readonly string[];
  readonly resource: string;
  readonly outcome: string;
  readonly purgeAt: Date;
}

/** Entries are kept this long. */
const KEPT_MS = 400 * DAY_MS;
/** A read that is repeated within this time is recorded once. */
const READ_NOTED_EVERY_MS = HOUR_MS;
/** Reads of the last hour that a process knows. */
const READS_REMEMBERED = 10_000;

/** What requests of the contract have in common. Those about a workspace itself hold it whole. */
interface Recorded {
  readonly workspace?: string | { readonly name: string };
  readonly updateMask?: FieldMask;
}

/** Records that personal data was read, at most once an hour for each caller, method and resource. */
export type RecordRead = (
  call: Call,
  read: { readonly workspace: string; readonly resource: string },
) => Promise<void>;

/** Records every change made through the operator's contract. */
export interface Audit {
  readonly read: RecordRead;
  /** The same handlers, each recording its calls where the method changes something. */
  record(handlers: readonly Registration<Handler>[]): Registration<Handler>[];
}

export function createAudit(documents: Documents, newId: () => string, clock: Clock): Audit {
  const entries = documents.collection<StoredEntry>('audit');

  const recordCalls =
    (method: DescMethod, handler: Handler): Handler =>
    async (call, request) => {
      const { workspace = '', updateMask } = request as Recorded;
      const now = clock.now();
      const name = typeof workspace === 'string' ? workspace : workspace.name;
      const _id = `${targetWorkspace(call, name)}/${newId()}`;
      // Before the change: a crash in between leaves an entry too many, never one too few.
      await entries.insertOne({
        _id,
        at: new Date(now),
        actor: call.principal.client,
        method: `${method.parent.typeName}/${method.name}`,
        peer: call.peer,
        fields: updateMask?.paths ?? [],
        resource: '',
        outcome: 'STARTED',
        purgeAt: new Date(now + KEPT_MS),
      });
      const end = (outcome: string) =>
        entries.findOneAndUpdate({ _id }, { $set: { outcome, resource: call.resource ?? '' } });
      try {
        const response = await handler(call, request);
        await end('OK');
        return response;
      } catch (thrown) {
        await end(toFailure(thrown).reason);
        throw thrown;
      }
    };

  const reads = createBoundedMap<string, number>(READS_REMEMBERED);

  return {
    async read(call, { workspace, resource }) {
      const now = clock.now();
      const { client } = call.principal;
      const key = `${client} ${call.method.name} ${workspace}/${resource}`;
      if (now - (reads.get(key) ?? Number.NEGATIVE_INFINITY) < READ_NOTED_EVERY_MS) return;
      await entries.insertOne({
        _id: `${workspace}/${newId()}`,
        at: new Date(now),
        actor: client,
        method: `${call.method.parent.typeName}/${call.method.name}`,
        peer: call.peer,
        fields: [],
        resource,
        outcome: 'OK',
        purgeAt: new Date(now + KEPT_MS),
      });
      reads.set(key, now);
    },
    record: (handlers) =>
      handlers.map(({ method, handler }) => ({
        method,
        handler:
          method.idempotency === MethodOptions_IdempotencyLevel.NO_SIDE_EFFECTS
            ? handler
            : recordCalls(method, handler),
      })),
  };
}

/** Records what an operator did to the store itself, on the machine and not by a call. `id` is workspace/uuid. */
export async function recordMaintenance(
  documents: Documents,
  { id, method, at }: { readonly id: string; readonly method: string; readonly at: number },
): Promise<void> {
  await documents.collection<StoredEntry>('audit').insertOne({
    _id: id,
    at: new Date(at),
    actor: 'command line',
    method,
    peer: '',
    fields: [],
    resource: '',
    outcome: 'OK',
    purgeAt: new Date(at + KEPT_MS),
  });
}

/** Lists what was recorded. */
export function createAuditHandlers(documents: Documents): Handlers<typeof AuditService> {
  const entries = documents.collection<StoredEntry>('audit');
  return {
    async listAuditEntries(call: Call, request) {
      const prefix = `${targetWorkspace(call, request.workspace)}/`;
      const { items, nextPageToken } = await readPage(entries, { prefix, descending: true }, request);
      return {
        entries: items.map(({ _id, at, actor, method, resource, outcome, fields, peer }) => ({
          id: _id.slice(prefix.length),
          at: timestampFromDate(at),
          actor,
          method,
          resource,
          outcome,
          fields: [...fields],
          peer,
        })),
        nextPageToken,
      };
    },
  };
}
