import { create, type Message, type MessageShape } from '@bufbuild/protobuf';
import { ProviderAccountSchema, ProviderService } from '../../../gen/otp/admin/v1/provider_service_pb.js';
import { isMark, isObject, type Json, type JsonObject, MARK } from './json.js';
import type { Resource, Resources } from './resources.js';
import { fieldOf, PAGE, pairs, paths, type Section } from './section.js';

type Account = MessageShape<typeof ProviderAccountSchema>;

/** Accounts with vendors. A document has the names of their secrets, each with a mark or, when it is applied, a value. */
export const providerAccounts: Section = {
  name: 'providerAccounts',
  schema: ProviderAccountSchema,
  cleared: () => create(ProviderAccountSchema),
  fields: ['kind', 'display_name', 'settings', 'secrets', 'secret_names', 'disabled'],
  identity: (name) => ({ name }),
  list: (workspace, { page: pageToken }) => ({
    method: ProviderService.method.listProviderAccounts,
    request: { workspace, pageSize: PAGE, pageToken },
  }),
  found: (response) =>
    pairs(fieldOf<readonly { name: string }[]>(response, 'providerAccounts'), ({ name }) => name),
  save: ({ workspace, message: providerAccount, before, mask }) =>
    before
      ? {
          method: ProviderService.method.updateProviderAccount,
          request: { workspace, providerAccount, ...paths(mask) },
        }
      : { method: ProviderService.method.createProviderAccount, request: { workspace, providerAccount } },
  remove: ({ workspace, key: name }) => ({
    method: ProviderService.method.deleteProviderAccount,
    request: { workspace, name },
  }),
  hide({ secrets: _values, secretNames, ...fields }) {
    const names = Array.isArray(secretNames) ? (secretNames as readonly string[]) : [];
    return { ...fields, secrets: Object.fromEntries(names.map((name) => [name, MARK])) };
  },
  reveal({ secretNames, ...fields }) {
    const { secrets } = fields;
    // A field of the contract that is none of the document, under a name that is refused.
    const refused = secretNames === undefined ? {} : { secret_names: secretNames };
    if (!isObject(secrets)) return { ...fields, ...refused };
    const values = Object.entries(secrets).filter(([, value]) => !isMark(value));
    return {
      ...fields,
      ...refused,
      secrets: Object.fromEntries(values),
      secretNames: Object.keys(secrets).sort(),
    };
  },
};

/** What a document wants of the accounts of a workspace, and which of them lack a secret that is only marked. */
interface Settled {
  readonly wanted: Resources;
  readonly lacking: ReadonlySet<string>;
}

/**
 * What the secrets of a document become: a value is set and always counts as a
 * change, because a plan that told equal ones apart would confirm a guess; one
 * that is left out is removed, and a mark keeps what there is.
 */
export function settleSecrets({
  wanted,
  current,
}: {
  readonly wanted: Resources;
  readonly current: Resources;
}): Settled {
  const lacking = new Set<string>();
  const settled = new Map<string, Resource>();
  for (const [name, { message, fields }] of wanted) {
    const account = message as Account;
    const had = (current.get(name)?.message as Account | undefined)?.secretNames ?? [];
    const given = account.secrets;
    if (account.secretNames.some((one) => !(one in given) && !had.includes(one))) lacking.add(name);
    const gone = had.filter((one) => !account.secretNames.includes(one)).map((one) => [one, ''] as const);
    const secrets = { ...given, ...Object.fromEntries(gone) };
    const isGiven = Object.keys(given).length > 0;
    settled.set(name, {
      message: { ...account, secrets } as Message,
      fields: isGiven ? { ...fields, secrets: changedSecrets(fields.secrets, given) } : fields,
    });
  }
  return { wanted: settled, lacking };
}

/** How a plan shows that secrets are set. */
const changedSecrets = (marks: Json | undefined, given: Readonly<Record<string, string>>): JsonObject => ({
  ...(isObject(marks) && marks),
  ...Object.fromEntries(Object.keys(given).map((name) => [name, { ...MARK, changed: true }])),
});
