import type { DescMethod } from '@bufbuild/protobuf';
import { type FieldMask, MethodOptions_IdempotencyLevel } from '@bufbuild/protobuf/wkt';
import type { Call, Handler } from '../../call/call.js';
import type { Registration } from '../../call/handlers.js';
import { toFailure } from '../../errors.js';
import { createBoundedMap } from '../../platform/boundedMap.js';
import type { Clock } from '../../platform/clock.js';
import { HOUR_MS } from '../../platform/durations.js';
import type { Documents } from '../../store/documents.js';
import { type AuditChain, createAuditChain } from './auditChain.js';
import { targetWorkspace } from './target.js';

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

interface Deps {
  readonly chain: Pick<AuditChain, 'begin' | 'append'>;
  readonly newId: () => string;
  readonly clock: Clock;
}

const pathOf = ({ parent, name }: DescMethod): string => `${parent.typeName}/${name}`;

export function createAudit({ chain, newId, clock }: Deps): Audit {
  const recordCalls =
    (method: DescMethod, handler: Handler): Handler =>
    async (call, request) => {
      const { workspace = '', updateMask } = request as Recorded;
      const name = targetWorkspace(call, typeof workspace === 'string' ? workspace : workspace.name);
      const begun = {
        id: newId(),
        at: new Date(clock.now()),
        actor: call.principal.client,
        method: pathOf(method),
        peer: call.peer,
        fields: updateMask?.paths ?? [],
        resource: '',
        outcome: 'STARTED',
        read: false,
      };
      // Before the change: a crash in between leaves an entry too many, never one too few.
      await chain.begin(name, begun);
      const end = (outcome: string) =>
        chain.append(name, { ...begun, outcome, resource: call.resource ?? '' });
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
      await chain.append(workspace, {
        id: newId(),
        at: new Date(now),
        actor: client,
        method: pathOf(call.method),
        peer: call.peer,
        fields: [],
        resource,
        outcome: 'OK',
        read: true,
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

/** Records what an operator did to the store itself, on the machine and not by a call. */
export async function recordMaintenance(
  documents: Documents,
  done: { readonly workspace: string; readonly id: string; readonly method: string; readonly clock: Clock },
): Promise<void> {
  const { workspace, id, method, clock } = done;
  await createAuditChain({ documents, newSalt: () => id, clock }).append(workspace, {
    id,
    at: new Date(clock.now()),
    actor: 'command line',
    method,
    peer: '',
    fields: [],
    resource: '',
    outcome: 'OK',
    read: false,
  });
}
