import { timestampFromDate } from '@bufbuild/protobuf/wkt';
import type { AccessService } from '../../../gen/otp/admin/v1/access_service_pb.js';
import type { Handlers } from '../../call/handlers.js';
import { partitionOf, SCOPES } from '../../domain/principal.js';
import type { Limiter } from '../../limits/limiter.js';
import { VERSION } from '../../platform/version.js';
import type { Fingerprints } from '../../secrets/fingerprints.js';
import type { Documents } from '../../store/documents.js';
import type { RecordRead } from '../shared/audit.js';
import { modeEnum, modeName } from '../shared/mode.js';
import { ALL_WORKSPACES, listedWorkspace, targetMode } from '../shared/target.js';
import { addressIn, createFinder } from './find.js';

interface Deps {
  readonly development: boolean;
  readonly documents: Documents;
  readonly fingerprints: Fingerprints;
  readonly limiter: Pick<Limiter, 'take'>;
  readonly recordRead: RecordRead;
  /** The names of all workspaces. */
  readonly workspaceNames: () => Promise<readonly string[]>;
}

/** What a credential is and may do, and what a text refers to. */
export function createAccessHandlers(deps: Deps): Handlers<typeof AccessService> {
  const { development, fingerprints } = deps;
  const find = createFinder(deps);

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

    async find(call, request) {
      const { principal } = call;
      const workspace = listedWorkspace(call, request.workspace);
      const wanted = modeName(request.mode);
      const mode = targetMode(call, wanted);
      const text = request.text.trim();
      const address = addressIn(text);
      if (address) {
        await deps.limiter.take(
          partitionOf(principal),
          [{ rule: 'recipient-lookups', key: principal.client }],
          {},
        );
        const name = workspace ?? principal.workspace;
        await deps.recordRead(call, {
          workspace: name,
          resource: `recipients/${fingerprints.recipient(name, address.identity)}`,
        });
      }
      const results = await find(text, {
        workspaces: workspace === undefined ? await deps.workspaceNames() : [workspace],
        mode,
        isAnyMode: mode === 'live' && !wanted,
        may: (...scopes) => scopes.some((scope) => principal.scopes.has(scope)),
      });
      return { results: [...results] };
    },
  };
}
