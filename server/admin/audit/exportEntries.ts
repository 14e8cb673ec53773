import type { AuditService } from '../../../gen/otp/admin/v1/audit_service_pb.js';
import type { StreamHandler } from '../../call/call.js';
import { invalid } from '../../errors.js';
import type { Clock } from '../../platform/clock.js';
import type { Collection, Documents, Filter } from '../../store/documents.js';
import type { AuditChain, StoredAuditEntry } from '../shared/auditChain.js';
import { listedWorkspace } from '../shared/target.js';
import { auditFilter } from './filter.js';
import { auditEntryToProto } from './toProto.js';

const BATCH = 100;
/**
 * Entries of several workspaces are in the order of the clocks that wrote them:
 * what is younger may still get a neighbour before it.
 */
const SETTLED_MS = 10_000;

interface Deps {
  readonly documents: Documents;
  readonly chain: Pick<AuditChain, 'appendUnended'>;
  readonly clock: Clock;
}

/** Streams the entries of one workspace in the order of its chain, or of all in the order of time. */
export function createExportAuditEntries({
  documents,
  chain,
  clock,
}: Deps): StreamHandler<typeof AuditService.method.exportAuditEntries> {
  const entries: Collection<StoredAuditEntry> = documents.collection('audit');
  return async function* exportAuditEntries(call, request) {
    const workspace = listedWorkspace(call, request.workspace);
    await chain.appendUnended(workspace);
    const filter = auditFilter(request);
    let last = readCursor(request.cursor, workspace);
    for (;;) {
      if (call.signal.aborted) return 'LEFT';
      const [field, range] = rangeAfter(workspace, last, clock.now());
      const found = await entries
        .find({ ...filter, [field]: range }, { sort: { [field]: 1 }, limit: BATCH })
        .toArray();
      const end = found.at(-1);
      if (end) {
        last = String(end[field]);
        yield { entries: found.map(auditEntryToProto), cursor: writeCursor(last) };
      }
      if (found.length < BATCH) return 'FINAL';
    }
  };
}

/** "0" is the character after "/". */
function rangeAfter(
  workspace: string | undefined,
  last: string,
  now: number,
): ['_id' | 'order', Filter[string] & object] {
  if (workspace !== undefined) return ['_id', { $gt: last || `${workspace}/`, $lt: `${workspace}0` }];
  return ['order', { $gt: last, $lt: new Date(now - SETTLED_MS).toISOString() }];
}

const writeCursor = (last: string): string => Buffer.from(last).toString('base64url');

/** Where to go on. A forged cursor never leads into another workspace: the range ends with its own. */
function readCursor(cursor: string, workspace: string | undefined): string {
  if (!cursor) return '';
  const text = Buffer.from(cursor, 'base64url').toString('utf8');
  const isOwn = workspace === undefined || text.startsWith(`${workspace}/`);
  if (!isOwn || Buffer.from(text).toString('base64url') !== cursor)
    throw invalid('cursor', 'must be a cursor of this export');
  return text;
}
