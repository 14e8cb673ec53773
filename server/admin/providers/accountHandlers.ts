import type { MessageShape } from '@bufbuild/protobuf';
import {
  ProviderAccountSchema,
  type ProviderService,
} from '../../../gen/otp/admin/v1/provider_service_pb.js';
import type { Call } from '../../call/call.js';
import type { Handlers } from '../../call/handlers.js';
import { HOST_SETTING, readAccount } from '../../delivery/accounts/settings.js';
import {
  accountId,
  accountSecretPlace,
  accountsOf,
  MOST_ACCOUNTS,
  openSecrets,
  type StoredAccount,
} from '../../delivery/accounts/stored.js';
import type { Vendor } from '../../delivery/vendors/vendor.js';
import { unfitForLine } from '../../domain/messageText.js';
import { Failure, invalid } from '../../errors.js';
import type { Clock } from '../../platform/clock.js';
import type { Encryption } from '../../secrets/encryption.js';
import type { Collection, Documents } from '../../store/documents.js';
import { insertOnce } from '../../store/insertOnce.js';
import { NAME } from '../shared/names.js';
import { readPage } from '../shared/paging.js';
import { requireLive, targetWorkspace } from '../shared/target.js';
import { applyUpdateMask, toUpdate } from '../shared/update.js';
import type { Workspaces } from '../workspaces/workspaces.js';
import { accountToProto } from './accountToProto.js';

const CHANGEABLE = ['display_name', 'settings', 'secrets', 'disabled'];

export interface AccountHandlersDeps {
  readonly documents: Documents;
  /** Every vendor that an account can be with. */
  readonly vendors: readonly Vendor[];
  /** Whether the name is that of a provider of the service itself. */
  readonly isBuiltIn: (name: string) => boolean;
  readonly accounts: { forget(workspace: string): void };
  readonly encryption: Encryption;
  readonly workspaces: Workspaces;
  readonly newId: () => string;
  readonly clock: Clock;
}

type Message = MessageShape<typeof ProviderAccountSchema>;
type Texts = Readonly<Record<string, string>>;

/** The accounts of workspaces with vendors. */
export function createAccountHandlers(
  deps: AccountHandlersDeps,
): Pick<
  Handlers<typeof ProviderService>,
  | 'createProviderAccount'
  | 'getProviderAccount'
  | 'listProviderAccounts'
  | 'updateProviderAccount'
  | 'deleteProviderAccount'
> {
  const { documents, vendors, isBuiltIn, accounts, encryption, workspaces, newId, clock } = deps;
  const stored: Collection<StoredAccount> = documents.collection('providerAccounts');

  async function find(_id: string): Promise<StoredAccount> {
    const account = await stored.findOne({ _id });
    if (!account) throw new Failure('NOT_FOUND');
    return account;
  }

  function address(call: Call, requested: string, name: string) {
    const workspace = targetWorkspace(call, requested);
    if (!NAME.test(name)) throw new Failure('NOT_FOUND');
    call.resource = `providerAccounts/${name}`;
    return { workspace, _id: accountId(workspace, name) };
  }

  /** What a change of settings and secrets makes of an account. Throws INVALID_REQUEST and PERMISSION_DENIED. */
  function settle(call: Call, _id: string, account: Message, before: { settings: Texts; secrets: Texts }) {
    const { displayName, kind, disabled } = account;
    const unfit = displayName && unfitForLine(displayName);
    if (unfit) throw invalid('provider_account.display_name', unfit);
    const vendor = vendors.find(({ name }) => name === kind);
    if (!vendor) {
      const names = vendors.map(({ name }) => name).join(', ');
      throw invalid('provider_account.kind', `must be one of ${names}`);
    }
    const settings = without(account.settings);
    const secrets = without({ ...before.secrets, ...account.secrets });
    // A secret one also where it is the same: the response would confirm a guess.
    if (settings[HOST_SETTING] !== before.settings[HOST_SETTING] || HOST_SETTING in account.secrets)
      requireOperator(call);
    readAccount(vendor.settings, { settings, secrets });
    return {
      displayName: displayName || undefined,
      settings,
      secrets: Object.entries(secrets).map(([name, secret]) => ({
        name,
        sealed: encryption.seal(accountSecretPlace(_id, name), secret),
      })),
      disabled: disabled || undefined,
      version: newId(),
      updatedAt: new Date(clock.now()),
    };
  }

  /** The secrets that stay: one that is replaced may be one that cannot be opened any more. */
  const opened = ({ _id, secrets }: StoredAccount, replaced: Texts): Texts =>
    openSecrets(
      encryption,
      _id,
      secrets.filter(({ name }) => !(name in replaced)),
    );

  return {
    async createProviderAccount(call, request) {
      requireLive(call);
      const given = request.providerAccount!;
      const { name, kind } = given;
      const { workspace, _id } = address(call, request.workspace, name);
      const { displayName, disabled, ...made } = settle(call, _id, given, { settings: {}, secrets: {} });
      if (!(await workspaces.exists(workspace))) throw new Failure('NOT_FOUND');
      if (isBuiltIn(name)) throw new Failure('ALREADY_EXISTS');
      const full = invalid('provider_account', `must be one of at most ${MOST_ACCOUNTS} of a workspace`);
      if ((await accountsOf(stored, workspace)).length >= MOST_ACCOUNTS) throw full;
      const account: StoredAccount = {
        _id,
        kind,
        ...made,
        ...(displayName !== undefined && { displayName }),
        ...(disabled && { disabled }),
        createdAt: made.updatedAt,
      };
      if (!(await insertOnce(stored, account))) throw new Failure('ALREADY_EXISTS');
      // Of calls at once none adds one too many.
      if ((await accountsOf(stored, workspace, MOST_ACCOUNTS + 1)).length > MOST_ACCOUNTS) {
        await stored.deleteOne({ _id });
        throw full;
      }
      accounts.forget(workspace);
      return { providerAccount: accountToProto(account) };
    },

    async getProviderAccount(call, { workspace, name }) {
      const { _id } = address(call, workspace, name);
      return { providerAccount: accountToProto(await find(_id)) };
    },

    async listProviderAccounts(call, request) {
      const prefix = `${targetWorkspace(call, request.workspace)}/`;
      const { items, nextPageToken } = await readPage(stored, { prefix }, request);
      return { providerAccounts: items.map(accountToProto), nextPageToken };
    },

    async updateProviderAccount(call, request) {
      requireLive(call);
      const { workspace, _id } = address(call, request.workspace, request.providerAccount?.name ?? '');
      // Again where the account was changed in between.
      for (;;) {
        const before = await find(_id);
        const { resource } = applyUpdateMask(ProviderAccountSchema, {
          current: accountToProto(before),
          patch: request.providerAccount,
          mask: request.updateMask,
          changeable: CHANGEABLE,
          resource: 'provider_account',
        });
        const { settings } = before;
        const next = settle(call, _id, resource, { settings, secrets: opened(before, resource.secrets) });
        const seen = { _id, version: before.version };
        const after = await stored.findOneAndUpdate(seen, toUpdate(next));
        if (!after) continue;
        accounts.forget(workspace);
        return { providerAccount: accountToProto(after) };
      }
    },

    async deleteProviderAccount(call, request) {
      requireLive(call);
      const { name } = request;
      const { workspace, _id } = address(call, request.workspace, name);
      await find(_id);
      workspaces.forget(workspace);
      const { routes } = await workspaces.get(workspace);
      if (Object.values(routes).some((names) => names?.includes(name)))
        throw invalid('name', 'must be left out of the routes of the workspace first');
      if ((await stored.deleteOne({ _id })) === 0) throw new Failure('NOT_FOUND');
      accounts.forget(workspace);
      return {};
    },
  };
}

/** An empty value removes a setting, as an empty variable is none. */
const without = (values: Texts): Texts =>
  Object.fromEntries(Object.entries(values).filter(([, value]) => value.trim() !== ''));

function requireOperator({ principal }: Call): void {
  if (principal.scopes.has('operator')) return;
  throw new Failure('PERMISSION_DENIED', {
    message: `Setting the ${HOST_SETTING} of an account needs the scope operator.`,
  });
}
