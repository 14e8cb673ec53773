import { create, type MessageShape } from '@bufbuild/protobuf';
import { timestampFromDate } from '@bufbuild/protobuf/wkt';
import { AuditEntrySchema } from '../../../gen/otp/admin/v1/audit_service_pb.js';
import { idOf, workspaceOf } from '../../store/documentId.js';
import type { AuditEvent, StoredAuditEntry } from '../shared/auditChain.js';

/** An entry as it is stored: those of release 0.1 are not part of a chain. */
export type AnyAuditEntry = Omit<AuditEvent, 'id' | 'read'> &
  Pick<StoredAuditEntry, '_id'> &
  Partial<
    Pick<StoredAuditEntry, 'id' | 'read' | 'sequence' | 'previousHash' | 'hash' | 'person' | 'fingerprint'>
  >;

/** An entry as the contract shows it. */
export function auditEntryToProto(entry: AnyAuditEntry): MessageShape<typeof AuditEntrySchema> {
  const { at, actor, method, resource, outcome, fields, peer, read = false, fingerprint } = entry;
  return create(AuditEntrySchema, {
    id: entry.id ?? idOf(entry),
    at: timestampFromDate(at),
    actor,
    method,
    resource: entry.person !== undefined && fingerprint ? `${resource}/${fingerprint}` : resource,
    outcome,
    fields: [...fields],
    peer,
    read,
    workspace: workspaceOf(entry),
    sequence: BigInt(entry.sequence ?? 0),
    previousHash: entry.previousHash ?? '',
    hash: entry.hash ?? '',
    fingerprint: fingerprint ?? '',
  });
}
