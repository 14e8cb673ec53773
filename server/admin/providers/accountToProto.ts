import { create, type MessageInitShape, type MessageShape } from '@bufbuild/protobuf';
import {
  ProviderAccountSchema,
  type ProviderSettingSchema,
} from '../../../gen/otp/admin/v1/provider_service_pb.js';
import { isRequired } from '../../config/setting.js';
import { timestampField } from '../../contract/timestampField.js';
import { namedSettings } from '../../delivery/accounts/settings.js';
import type { StoredAccount } from '../../delivery/accounts/stored.js';
import type { Vendor } from '../../delivery/vendors/vendor.js';
import { idOf } from '../../store/documentId.js';

/** An account as the contract shows it: of its secrets only the names. */
export function accountToProto(account: StoredAccount): MessageShape<typeof ProviderAccountSchema> {
  return create(ProviderAccountSchema, {
    name: idOf(account),
    kind: account.kind,
    displayName: account.displayName ?? '',
    settings: { ...account.settings },
    secretNames: account.secrets.map(({ name }) => name).sort(),
    disabled: account.disabled ?? false,
    ...timestampField('createdAt', account.createdAt),
    ...timestampField('updatedAt', account.updatedAt),
  });
}

/** What an account with a vendor can be given. */
export const settingsToProto = ({
  settings,
}: Pick<Vendor, 'settings'>): MessageInitShape<typeof ProviderSettingSchema>[] =>
  namedSettings(settings).map(({ name, setting }) => ({
    name,
    required: isRequired(setting),
    secret: setting.secret === true,
    description: setting.doc,
  }));
