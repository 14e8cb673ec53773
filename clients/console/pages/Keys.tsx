import { durationFromMs, timestampFromDate } from '@bufbuild/protobuf/wkt';
import { type ApiKey, ApiKeyService, Mode } from '../../../gen/otp/admin/v1/api_key_service_pb.js';
import { Empty } from '../../look/States.js';
import { api, inWorkspace } from '../api.js';
import { who } from '../credential.js';
import { dateOf } from '../format.js';
import { usePaged } from '../paging.js';
import { useQuery } from '../route.js';
import { Action } from '../ui/Action.js';
import { Ago } from '../ui/Ago.js';
import { Check, Group, Select, Text, type Values } from '../ui/Fields.js';
import { Card, Page } from '../ui/Page.js';
import { Pill } from '../ui/Pill.js';
import { Secret } from '../ui/Secret.js';
import { type Column, Table } from '../ui/Table.js';
import { say } from '../ui/toast.js';
import { enumOf, modeOf } from '../words.js';

const { method } = ApiKeyService;
const DAY_MS = 86_400_000;

/** What a key may do, in words. */
const SCOPES: readonly (readonly [scope: string, words: string])[] = [
  ['otp.send', 'Send codes'],
  ['otp.verify', 'Verify codes'],
  ['otp.vouch', 'Vouch for end users'],
  ['sessions.read', 'Read sessions'],
  ['tokens.redeem', 'Redeem verification tokens'],
  ['support', 'Help people: look up sessions and recipients, resend, clear blocks'],
  ['analyst', 'Read numbers, limits and the guard'],
  ['webhooks', 'Manage webhooks'],
  ['admin', 'Configure the workspace; includes support, analyst and webhooks'],
  ['operator', 'Run the service: all workspaces'],
];

const stateOf = ({ revokedAt, expiresAt }: ApiKey) => {
  if (revokedAt) return { word: 'Revoked', tone: 'off' } as const;
  const end = dateOf(expiresAt);
  if (end && end.getTime() < Date.now()) return { word: 'Expired', tone: 'off' } as const;
  return { word: 'Active', tone: 'ok' } as const;
};

/** API keys: what each may do, and their whole life. */
export function Keys() {
  const query = useQuery();
  const paged = usePaged<ApiKey>(`keys ${query.get('workspace')}`, {
    idOf: ({ id }) => id,
    async load(pageToken, signal) {
      const page = await api.apiKeys.listApiKeys(
        { ...inWorkspace(), pageSize: 100, pageToken },
        signal ? { signal } : {},
      );
      return { items: page.apiKeys, next: page.nextPageToken };
    },
  });
  const columns: readonly Column<ApiKey>[] = [
    {
      head: 'State',
      width: '116px',
      cell: (key) => <Pill tone={stateOf(key).tone}>{stateOf(key).word}</Pill>,
    },
    {
      head: 'Name',
      cell: ({ displayName, id }) => (
        <span title={id}>
          {displayName}
          {id === who.value?.apiKeyId && <span class="soft"> (yours)</span>}
        </span>
      ),
    },
    {
      head: 'Scopes',
      isWide: true,
      isSoft: true,
      cell: ({ scopes, readOnly }) => {
        const text = `${scopes.join(', ')}${readOnly ? ', read-only' : ''}`;
        return <span title={text}>{text}</span>;
      },
    },
    { head: 'Mode', width: '64px', isWide: true, cell: ({ mode }) => modeOf(mode) },
    {
      head: 'Last used',
      width: '120px',
      isWide: true,
      isSoft: true,
      cell: ({ lastUsedAt }) => <Ago at={lastUsedAt} as="ago" none="never" />,
    },
    {
      head: 'Expires',
      width: '120px',
      isWide: true,
      isSoft: true,
      cell: ({ expiresAt }) => <Ago at={expiresAt} none="never" />,
    },
    {
      head: 'Actions',
      width: '224px',
      isActions: true,
      cell: (key) => (key.revokedAt ? null : <KeyActions apiKey={key} again={paged.again} />),
    },
  ];
  return (
    <Page
      name="Keys"
      actions={
        <Action
          label="New key…"
          icon="plus"
          look="primary"
          method={method.createApiKey}
          title="New API key"
          submit="Create the key"
          onSubmit={async (values) => {
            const { secret } = await api.apiKeys.createApiKey({
              ...inWorkspace(),
              apiKey: { ...readKey(values), mode: enumOf(Mode, values.text('mode')) },
            });
            paged.again();
            return <Secret name="the key" secret={secret} />;
          }}
        >
          <KeyFields />
          <Select
            label="Mode"
            name="mode"
            value={Mode.LIVE}
            options={[
              { value: Mode.LIVE, word: 'Live' },
              { value: Mode.TEST, word: 'Test: sandbox sessions only, nothing is sent' },
            ]}
          />
        </Action>
      }
    >
      <Card isFlush>
        <Table
          label="API keys"
          columns={columns}
          paged={paged}
          idOf={({ id }) => id}
          empty={<Empty title="No keys">Programs need one to send and verify codes.</Empty>}
        />
      </Card>
    </Page>
  );
}

const readKey = (values: Values) => {
  const end = values.text('expires');
  return {
    displayName: values.text('name'),
    scopes: values.all('scope'),
    readOnly: values.has('readOnly'),
    ...(end && { expiresAt: timestampFromDate(new Date(`${end}Z`)) }),
  };
};

const KeyFields = ({ apiKey }: { readonly apiKey?: ApiKey }) => (
  <>
    <Text label="Name" name="name" required maxLength={128} value={apiKey?.displayName} />
    <Group label="May">
      {SCOPES.filter(([scope]) => scope !== 'operator' || who.value?.scopes.includes(scope)).map(
        ([scope, words]) => (
          <Check
            key={scope}
            label={words}
            hint={scope}
            name="scope"
            value={scope}
            checked={apiKey?.scopes.includes(scope) ?? false}
          />
        ),
      )}
    </Group>
    <Check label="Read-only: changes nothing" name="readOnly" checked={apiKey?.readOnly ?? false} />
    <Text
      label="Expires (UTC)"
      name="expires"
      type="datetime-local"
      hint="Empty: never"
      value={dateOf(apiKey?.expiresAt)?.toISOString().slice(0, 16)}
    />
  </>
);

function KeyActions({ apiKey, again }: { readonly apiKey: ApiKey; readonly again: () => void }) {
  const { id, displayName } = apiKey;
  return (
    <span class="row-actions">
      <Action
        label="Edit"
        look="quiet"
        method={method.updateApiKey}
        title={`Edit ${displayName}`}
        submit="Save"
        onSubmit={async (values) => {
          // What the list shows may be old: the key is read again before it is changed.
          const { apiKey: current } = await api.apiKeys.getApiKey({ ...inWorkspace(), id });
          const changed = readKey(values);
          const paths = ['display_name', 'scopes', 'read_only', 'expires_at'].filter(
            (path) =>
              path !== 'expires_at' ||
              Boolean(changed.expiresAt) !== Boolean(current?.expiresAt) ||
              changed.expiresAt,
          );
          await api.apiKeys.updateApiKey({
            ...inWorkspace(),
            apiKey: { id, ...changed },
            updateMask: { paths },
          });
          say(`${displayName} is changed.`);
          again();
        }}
      >
        <KeyFields apiKey={apiKey} />
      </Action>
      <Action
        label="Rotate"
        look="quiet"
        method={method.rotateApiKey}
        title={`New secret for ${displayName}`}
        submit="Make a new secret"
        onSubmit={async (values) => {
          const { secret } = await api.apiKeys.rotateApiKey({
            ...inWorkspace(),
            id,
            overlap: durationFromMs(Number(values.text('days')) * DAY_MS),
            requestId: crypto.randomUUID(),
          });
          again();
          return <Secret name="the new secret" secret={secret} />;
        }}
      >
        <Select
          label="The old secret still works for"
          name="days"
          value={1}
          options={[
            { value: 0, word: 'no time: it was stolen' },
            { value: 1, word: '1 day' },
            { value: 7, word: '7 days' },
            { value: 30, word: '30 days' },
          ]}
        />
      </Action>
      <Action
        label="Revoke"
        look="danger-quiet"
        method={method.deleteApiKey}
        title={`Revoke ${displayName}`}
        submit="Revoke the key"
        confirm={displayName}
        onSubmit={async () => {
          await api.apiKeys.deleteApiKey({ ...inWorkspace(), id });
          say(`${displayName} is revoked.`);
          again();
        }}
      >
        <p>Programs that use it are refused within five seconds. This cannot be undone.</p>
      </Action>
    </span>
  );
}
