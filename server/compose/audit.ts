import { AuditService } from '../../gen/otp/admin/v1/audit_service_pb.js';
import { createExportAuditEntries } from '../admin/audit/exportEntries.js';
import { createAuditChain } from '../admin/shared/auditChain.js';
import { registerStream } from '../call/handlers.js';
import type { Clock } from '../platform/clock.js';
import type { Random } from '../platform/random.js';
import type { Documents } from '../store/documents.js';

interface Deps {
  readonly documents: Documents;
  readonly random: Random;
  readonly clock: Clock;
}

const SALT = 16;

/** The chain of what was recorded, and its export. */
export function composeAudit({ documents, random, clock }: Deps) {
  const newSalt = () => random.bytes(SALT).toString('base64url');
  const auditChain = createAuditChain({ documents, newSalt, clock });
  const exportEntries = createExportAuditEntries({ documents, chain: auditChain, clock });
  const auditStreams = [registerStream(AuditService.method.exportAuditEntries, exportEntries)];
  return { auditChain, auditStreams };
}
