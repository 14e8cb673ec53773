import type { DescMethod } from '@bufbuild/protobuf';
import { ApiKeyService } from '../../gen/otp/admin/v1/api_key_service_pb.js';
import { AuditService } from '../../gen/otp/admin/v1/audit_service_pb.js';
import { WorkspaceService } from '../../gen/otp/admin/v1/workspace_service_pb.js';
import type { Handler } from '../call.js';
import type { Clock } from '../clock.js';
import { byMethod } from '../handlers.js';
import type { ApiKeys } from '../keys/apiKeys.js';
import { createApiKeyHandlers } from '../keys/handlers.js';
import { createAudit, createAuditHandlers } from '../operator/audit.js';
import type { Documents } from '../store/documents.js';
import { createWorkspaceHandlers } from '../workspaces/handlers.js';
import type { Workspaces } from '../workspaces/workspaces.js';

interface Parts {
  readonly documents: Documents;
  readonly keys: ApiKeys;
  readonly workspaces: Workspaces;
  readonly newId: () => string;
  readonly clock: Clock;
}

/** The operator's handlers of every room, recorded. */
export function composeOperator({
  documents,
  keys,
  workspaces,
  newId,
  clock,
}: Parts): [DescMethod, Handler][] {
  return createAudit(documents, newId, clock).recorded([
    ...byMethod(ApiKeyService, createApiKeyHandlers(documents, keys, workspaces)),
    ...byMethod(WorkspaceService, createWorkspaceHandlers(documents, workspaces, clock)),
    ...byMethod(AuditService, createAuditHandlers(documents)),
  ]);
}
