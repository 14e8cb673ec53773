import { create, type MessageShape } from '@bufbuild/protobuf';
import { type ApiKey, ApiKeySchema } from '../../../gen/otp/admin/v1/api_key_service_pb.js';
import { timestampField } from '../../contract/timestampField.js';
import { modeEnum } from '../shared/mode.js';
import type { StoredKey } from './stored.js';

/** An API key as the contract shows it. */
export function keyToProto(key: StoredKey): MessageShape<typeof ApiKeySchema> {
  const shown: ApiKey = create(ApiKeySchema, {
    id: key.id,
    displayName: key.displayName,
    scopes: [...key.scopes],
    mode: modeEnum(key.mode),
    ...timestampField('createdAt', key.createdAt),
    ...timestampField('expiresAt', key.expiresAt),
    ...timestampField('revokedAt', key.revokedAt),
    ...timestampField('lastUsedAt', key.lastUsedAt),
    readOnly: key.readOnly ?? false,
    ...timestampField('oldSecretUntil', key.oldSecret?.until),
    createdBy: key.createdBy ?? '',
  });
  return shown;
}
