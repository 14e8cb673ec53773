import { timestampFromDate } from '@bufbuild/protobuf/wkt';
import type { AccessService } from '../../../gen/otp/admin/v1/access_service_pb.js';
import type { Handlers } from '../../call/handlers.js';
import { SCOPES } from '../../domain/principal.js';
import { VERSION } from '../../platform/version.js';
import { modeEnum } from '../shared/mode.js';
import { ALL_WORKSPACES } from '../shared/target.js';

interface Deps {
  readonly development: boolean;
}

/** What a credential is and may do. */
export function createAccessHandlers({ development }: Deps): Handlers<typeof AccessService> {
  return {
    async whoAmI({ principal }) {
      const { workspace, mode, client, scopes, displayName = '', expiresAt, readOnly = false } = principal;
      return {
        workspace,
        mode: modeEnum(mode),
        scopes: SCOPES.filter((scope) => scopes.has(scope)),
        apiKeyId: client,
        displayName,
        actor: client,
        ...(expiresAt && { expiresAt: timestampFromDate(expiresAt) }),
        workspaces: [scopes.has('operator') ? ALL_WORKSPACES : workspace],
        version: VERSION,
        development,
        readOnly,
      };
    },
  };
}
