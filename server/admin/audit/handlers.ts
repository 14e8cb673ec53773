import type { MessageInitShape } from '@bufbuild/protobuf';
import { timestampFromDate } from '@bufbuild/protobuf/wkt';
import type {
  AuditService,
  VerifyAuditLogResponseSchema,
} from '../../../gen/otp/admin/v1/audit_service_pb.js';
import type { Handlers } from '../../call/handlers.js';
import { Failure, invalid } from '../../errors.js';
import type { Clock } from '../../platform/clock.js';
import type { Collection, Documents } from '../../store/documents.js';
import { type AuditChain, chainOf, fits, type StoredAuditEntry } from '../shared/auditChain.js';
import { readPage } from '../shared/paging.js';
import { listedWorkspace, targetWorkspace } from '../shared/target.js';
import type { Workspaces } from '../workspaces/workspaces.js';
import { auditFilter } from './filter.js';
import { auditEntryToProto } from './toProto.js';

/** Entries that one VerifyAuditLog checks, and how many it holds in memory at once. */
const CHECKED_IN_A_CALL = 100_000;
const BATCH = 500;
const TOKEN = /^[1-9]\d{0,14}$/;

interface Deps {
  readonly documents: Documents;
  readonly chain: Pick<AuditChain, 'appendUnended'>;
  readonly workspaces: Pick<Workspaces, 'isKnown'>;
  readonly clock: Clock;
}

/** Lists what was recorded, and checks that it is what was recorded. */
export function createAuditHandlers({
  documents,
  chain,
  workspaces,
  clock,
}: Deps): Handlers<typeof AuditService> {
  const entries: Collection<StoredAuditEntry> = documents.collection('audit');

  /** Checks entries one after another, from the one after `from`. */
  async function check(
    workspace: string,
    from: number,
  ): Promise<MessageInitShape<typeof VerifyAuditLogResponseSchema>> {
    let last = from === 0 ? undefined : await entries.findOne(at(workspace, from));
    if (last === null) throw invalid('page_token', 'must be a token of this service');
    const now = clock.now();
    let checked = 0;
    const result = (more: object = {}) => ({
      whole: true,
      checked: BigInt(checked),
      ...(last && { wholeUntil: timestampFromDate(last.appendedAt), hash: last.hash }),
      ...more,
    });
    for (;;) {
      const batch = await entries
        .find(chainOf(workspace, last?.sequence ?? 0), { sort: { _id: 1 }, limit: BATCH })
        .toArray();
      for (const entry of batch) {
        if (!fits(workspace, last, { entry, now }))
          return result({ whole: false, brokenAt: auditEntryToProto(entry) });
        last = entry;
        checked++;
      }
      if (batch.length < BATCH) return result();
      if (checked >= CHECKED_IN_A_CALL) return result({ nextPageToken: writeToken(last!.sequence) });
    }
  }

  return {
    async listAuditEntries(call, request) {
      const workspace = listedWorkspace(call, request.workspace);
      await chain.appendUnended(workspace);
      const filter = auditFilter(request);
      const listing =
        workspace === undefined
          ? { field: 'order', filter: { ...filter, order: { $gt: '' } } }
          : { prefix: `${workspace}/`, filter };
      const { items, nextPageToken } = await readPage(entries, { ...listing, descending: true }, request);
      return { entries: items.map(auditEntryToProto), nextPageToken };
    },

    async verifyAuditLog(call, request) {
      const workspace = targetWorkspace(call, request.workspace);
      if (!(await workspaces.isKnown(workspace))) throw new Failure('NOT_FOUND');
      await chain.appendUnended(workspace);
      return check(workspace, readToken(request.pageToken));
    },
  };
}

/** The one entry with this sequence. */
const at = (workspace: string, sequence: number) => ({
  ...chainOf(workspace, sequence - 1),
  sequence,
});

const writeToken = (sequence: number): string => Buffer.from(String(sequence)).toString('base64url');

/** The sequence of the last entry that was checked. */
function readToken(token: string): number {
  if (!token) return 0;
  const text = Buffer.from(token, 'base64url').toString('utf8');
  if (!TOKEN.test(text)) throw invalid('page_token', 'must be a token of this service');
  return Number(text);
}
