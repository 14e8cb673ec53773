import type { Encryption } from '../../secrets/encryption.js';
import { isSameSecret } from '../../secrets/isSameSecret.js';
import type { Documents } from '../../store/documents.js';
import { accountId, openSecrets, type StoredAccount } from './stored.js';

/** Tells whether an account has exactly these values among its secrets. */
export function createHasSecrets({
  documents,
  encryption,
}: {
  documents: Documents;
  encryption: Encryption;
}) {
  return async (
    { workspace, name }: { readonly workspace: string; readonly name: string },
    values: Readonly<Record<string, string>>,
  ): Promise<boolean> => {
    const _id = accountId(workspace, name);
    const account = await documents.collection<StoredAccount>('providerAccounts').findOne({ _id });
    const named = account?.secrets.filter((secret) => secret.name in values) ?? [];
    const stored = openSecrets(encryption, _id, named);
    return Object.entries(values).every(
      ([secret, value]) => stored[secret] !== undefined && isSameSecret(stored[secret], value),
    );
  };
}
