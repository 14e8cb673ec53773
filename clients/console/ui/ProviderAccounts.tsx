import {
  type Provider,
  type ProviderAccount,
  ProviderService,
} from '../../../gen/otp/admin/v1/provider_service_pb.js';
import { Empty } from '../../look/States.js';
import { api, inWorkspace } from '../api.js';
import { usePaged } from '../paging.js';
import { useQuery } from '../route.js';
import { Action } from './Action.js';
import { AccountFields, readAccount } from './accountFields.js';
import { Card } from './Page.js';
import { Pill } from './Pill.js';
import { type Column, Table } from './Table.js';
import { say } from './toast.js';

const { method } = ProviderService;
const CHANGED = ['display_name', 'settings', 'secrets', 'disabled'];

interface Props {
  /** Every provider of the service: what accounts can be with. */
  readonly providers: readonly Provider[];
  /** Loads the providers again, of which accounts are some. */
  readonly again: () => void;
}

/** The workspace's own accounts with vendors, which its routes may name. */
export function ProviderAccounts({ providers, again }: Props) {
  const query = useQuery();
  const paged = usePaged<ProviderAccount>(`accounts ${query.get('workspace')}`, {
    idOf: ({ name }) => name,
    async load(pageToken, signal) {
      const page = await api.providers.listProviderAccounts(
        { ...inWorkspace(), pageSize: 100, pageToken },
        signal ? { signal } : {},
      );
      return { items: page.providerAccounts, next: page.nextPageToken };
    },
  });
  const changed = (text: string) => {
    say(text);
    paged.again();
    again();
  };
  const columns: readonly Column<ProviderAccount>[] = [
    {
      head: 'Account',
      cell: ({ name, displayName }) => (
        <>
          <b>{name}</b> <span class="soft">{displayName}</span>
        </>
      ),
    },
    { head: 'With', width: '140px', cell: ({ kind }) => kind },
    {
      head: 'State',
      width: '120px',
      cell: ({ disabled }) => <Pill tone={disabled ? 'off' : 'ok'}>{disabled ? 'Off' : 'On'}</Pill>,
    },
    {
      head: 'Secrets',
      isWide: true,
      isSoft: true,
      cell: ({ secretNames }) => secretNames.join(', ') || '–',
    },
    {
      head: 'Actions',
      width: '180px',
      isActions: true,
      cell: (account) => <Actions account={account} providers={providers} changed={changed} />,
    },
  ];
  return (
    <Card
      title="Accounts of this workspace"
      isFlush
      tools={
        <Action
          label="New account…"
          icon="plus"
          method={method.createProviderAccount}
          title="New account with a vendor"
          submit="Add the account"
          onSubmit={async (values) => {
            const providerAccount = readAccount(values);
            await api.providers.createProviderAccount({ ...inWorkspace(), providerAccount });
            changed('The account is added. A route may name it now.');
            return undefined;
          }}
        >
          <AccountFields providers={providers} />
        </Action>
      }
    >
      <Table
        label="Accounts of this workspace"
        columns={columns}
        paged={paged}
        idOf={({ name }) => name}
        empty={
          <Empty title="No accounts of its own">
            Messages go through the accounts of the service. An account of the workspace has credentials of
            its own, and is used once a route names it.
          </Empty>
        }
      />
    </Card>
  );
}

interface ActionsProps {
  readonly account: ProviderAccount;
  readonly providers: readonly Provider[];
  readonly changed: (text: string) => void;
}

const Actions = ({ account, providers, changed }: ActionsProps) => (
  <span class="row-actions">
    <Action
      label="Edit…"
      look="quiet"
      method={method.updateProviderAccount}
      title={`Account ${account.name}`}
      submit="Save"
      onSubmit={async (values) => {
        const { name } = account;
        // As it is now: settings that this form does not show stay.
        const { providerAccount } = await api.providers.getProviderAccount({ ...inWorkspace(), name });
        await api.providers.updateProviderAccount({
          ...inWorkspace(),
          providerAccount: { ...readAccount(values, providerAccount), name },
          updateMask: { paths: CHANGED },
        });
        changed('The account is changed. Every process uses it within five seconds.');
        return undefined;
      }}
    >
      <AccountFields providers={providers} account={account} />
    </Action>
    <Action
      label="Delete…"
      look="danger-quiet"
      method={method.deleteProviderAccount}
      title={`Delete the account ${account.name}`}
      submit="Delete the account"
      confirm={account.name}
      onSubmit={async () => {
        await api.providers.deleteProviderAccount({ ...inWorkspace(), name: account.name });
        changed('The account is deleted.');
        return undefined;
      }}
    >
      <p>Its secrets are deleted with it. An account that a route names cannot be deleted.</p>
    </Action>
  </span>
);
