import { durationMs, timestampDate } from '@bufbuild/protobuf/wkt';
import { ApiKeySchema, type ApiKeyService } from '../../../gen/otp/admin/v1/api_key_service_pb.js';
import type { Call } from '../../call/call.js';
import type { Handlers } from '../../call/handlers.js';
import type { Scope } from '../../domain/principal.js';
import { Failure, invalid } from '../../errors.js';
import type { Clock } from '../../platform/clock.js';
import { DAY_MS } from '../../platform/durations.js';
import type { Random } from '../../platform/random.js';
import type { Fingerprints } from '../../secrets/fingerprints.js';
import type { Collection, Documents } from '../../store/documents.js';
import { modeName } from '../shared/mode.js';
import { readPage } from '../shared/paging.js';
import { targetMode, targetWorkspace } from '../shared/target.js';
import { applyUpdateMask } from '../shared/update.js';
import { DEFAULT_WORKSPACE } from '../workspaces/stored.js';
import type { Workspaces } from '../workspaces/workspaces.js';
import type { ApiKeys } from './apiKeys.js';
import { createRotate, newestSecret } from './rotate.js';
import type { StoredKey } from './stored.js';
import { keyToProto } from './toProto.js';

const CHANGEABLE = ['display_name', 'scopes', 'expires_at', 'read_only'];
const DEFAULT_OVERLAP_MS = DAY_MS;

interface Deps {
  readonly documents: Documents;
  readonly keys: ApiKeys;
  readonly workspaces: Workspaces;
  readonly fingerprints: Fingerprints;
  readonly clock: Clock;
  readonly random: Random;
}

/** The operator's side of API keys. */
export function createApiKeyHandlers(deps: Deps): Handlers<typeof ApiKeyService> {
  const { documents, keys, workspaces } = deps;
  const stored: Collection<StoredKey> = documents.collection('keys');
  const rotate = createRotate({ ...deps, keys: stored, forget: (_id) => keys.forget(_id) });

  /** A key of the target workspace, and of the caller's mode unless it may act in both. */
  async function find(call: Call, requested: string, id: string): Promise<StoredKey> {
    const workspace = targetWorkspace(call, requested);
    const key = await stored.findOne({ id });
    const visible =
      key?.workspace === workspace &&
      (call.principal.scopes.has('operator') || key.mode === call.principal.mode);
    if (!key || !visible) throw new Failure('NOT_FOUND');
    call.resource = `apiKeys/${id}`;
    return key;
  }

  return {
    async createApiKey(call, request) {
      const workspace = targetWorkspace(call, request.workspace);
      const { displayName, scopes, mode, expiresAt, readOnly } = request.apiKey!;
      if (!(await workspaces.exists(workspace))) throw new Failure('NOT_FOUND');
      const { key, secret } = await keys.create({
        workspace,
        mode: targetMode(call, modeName(mode)),
        displayName,
        scopes: grantable(call, workspace, scopes),
        createdBy: call.principal.client,
        ...(readOnly && { readOnly }),
        ...expiryWithin(call, expiresAt && timestampDate(expiresAt)),
      });
      call.resource = `apiKeys/${key.id}`;
      return { apiKey: keyToProto(key), secret };
    },

    async getApiKey(call, request) {
      return { apiKey: keyToProto(await find(call, request.workspace, request.id)) };
    },

    async listApiKeys(call, request) {
      const prefix = `${targetWorkspace(call, request.workspace)}/`;
      const filter = call.principal.scopes.has('operator') ? {} : { mode: call.principal.mode };
      const listing = { field: 'listedAs', prefix, descending: true, filter };
      const { items, nextPageToken } = await readPage(stored, listing, request);
      return { apiKeys: items.map(keyToProto), nextPageToken };
    },

    async updateApiKey(call, request) {
      const key = await find(call, request.workspace, request.apiKey?.id ?? '');
      mayChange(call, key);
      const { resource, fields } = applyUpdateMask(ApiKeySchema, {
        current: keyToProto(key),
        patch: request.apiKey,
        mask: request.updateMask,
        changeable: CHANGEABLE,
        resource: 'api_key',
      });
      const scopes = fields.includes('scopes') ? grantable(call, key.workspace, resource.scopes) : key.scopes;
      const expiresAt = resource.expiresAt && timestampDate(resource.expiresAt);
      const expiry = fields.includes('expires_at')
        ? expiryWithin(call, expiresAt)
        : expiresAt && { expiresAt };
      const after = await stored.findOneAndUpdate(
        { _id: key._id },
        {
          $set: {
            displayName: resource.displayName,
            scopes,
            readOnly: resource.readOnly,
            ...expiry,
          },
          ...(!expiry?.expiresAt && { $unset: { expiresAt: '' } }),
        },
      );
      if (!after) throw new Failure('NOT_FOUND');
      for (const id of [key._id, newestSecret(key), key.oldSecret?.id]) if (id) keys.forget(id);
      return { apiKey: keyToProto(after) };
    },

    async deleteApiKey(call, request) {
      const key = await find(call, request.workspace, request.id);
      mayChange(call, key);
      await keys.revoke(key._id);
      return {};
    },

    async rotateApiKey(call, request) {
      const key = await find(call, request.workspace, request.id);
      mayChange(call, key);
      const { _id } = key;
      const { overlap, requestId } = request;
      const rotated = await rotate(_id, {
        overlapMs: overlap ? durationMs(overlap) : DEFAULT_OVERLAP_MS,
        requestId,
        canonical: JSON.stringify([request.id, overlap && durationMs(overlap)]),
      });
      return { apiKey: keyToProto(rotated.key), secret: rotated.secret };
    },
  };
}

/** Throws where a key holds a scope that the caller lacks: changing a key means deciding what it may do. */
function mayChange({ principal }: Call, key: StoredKey): void {
  const beyond = key.scopes.find(
    (scope) => !principal.scopes.has(scope) && !principal.scopes.has('operator'),
  );
  if (beyond !== undefined) {
    throw new Failure('PERMISSION_DENIED', {
      message: `The key holds the scope ${beyond}, which the caller does not hold.`,
    });
  }
}

/** The expiry of a key, no later than the caller's own: nothing outlives what made it. */
function expiryWithin({ principal }: Call, wanted: Date | undefined): { readonly expiresAt?: Date } {
  const most = principal.expiresAt;
  if (!most) return wanted ? { expiresAt: wanted } : {};
  if (!wanted || wanted.getTime() > most.getTime())
    throw invalid(
      'api_key.expires_at',
      `must be no later than the caller's own expiry, ${most.toISOString()}`,
    );
  return { expiresAt: wanted };
}

/** The scopes asked for, where the caller holds every one of them. */
function grantable({ principal }: Call, workspace: string, scopes: readonly string[]): readonly Scope[] {
  const beyond = scopes.find((scope) => !principal.scopes.has(scope) && !principal.scopes.has('operator'));
  if (beyond !== undefined) {
    throw new Failure('PERMISSION_DENIED', {
      message: `The caller does not hold the scope ${beyond} and cannot grant it.`,
    });
  }
  if (scopes.includes('operator') && workspace !== DEFAULT_WORKSPACE) {
    throw invalid('api_key.scopes', `may hold operator in workspace "${DEFAULT_WORKSPACE}" only`);
  }
  return scopes as readonly Scope[];
}
