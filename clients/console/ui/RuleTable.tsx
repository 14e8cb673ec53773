import { timestampFromDate } from '@bufbuild/protobuf/wkt';
import {
  type RecipientRule,
  RecipientRuleType,
  RecipientService,
} from '../../../gen/otp/admin/v1/recipient_service_pb.js';
import { Empty } from '../../look/States.js';
import { api, target } from '../api.js';
import { dateOf } from '../format.js';
import { usePaged } from '../paging.js';
import { enumOf, nameOf, optionsOf, type Tone } from '../words.js';
import { Action } from './Action.js';
import { Ago } from './Ago.js';
import { Facts } from './Facts.js';
import { Select, Text, type Values } from './Fields.js';
import { Card } from './Page.js';
import { Pill } from './Pill.js';
import { type Column, Table } from './Table.js';
import { say } from './toast.js';

const { method } = RecipientService;

const readEnd = (values: Values) => {
  const end = values.text('expires');
  return end ? { expiresAt: timestampFromDate(new Date(`${end}Z`)) } : {};
};

const whom = ({ maskedRecipient, emailDomain, phonePrefix, prefix }: RecipientRule): string =>
  maskedRecipient || (emailDomain && `all of ${emailDomain}`) || (phonePrefix && `${phonePrefix}…`) || prefix;

const TONES: Readonly<Partial<Record<RecipientRuleType, Tone>>> = {
  [RecipientRuleType.ALLOW]: 'ok',
  [RecipientRuleType.BLOCK]: 'bad',
  [RecipientRuleType.SUPPRESS]: 'wait',
};

interface Props {
  /** Of one recipient; '' for all rules of the workspace. */
  readonly fingerprint: string;
  readonly scope: string;
  readonly onChange?: () => void;
}

/** Rules that let recipients through or keep messages from them. */
export function RuleTable({ fingerprint, scope, onChange }: Props) {
  const paged = usePaged<RecipientRule>(`rules ${scope} ${fingerprint}`, {
    idOf: ({ id }) => id,
    async load(pageToken, signal) {
      const page = await api.recipients.listRecipientRules(
        { ...target(), fingerprint, pageSize: 50, pageToken },
        signal ? { signal } : {},
      );
      return { items: page.recipientRules, next: page.nextPageToken };
    },
  });
  const again = () => {
    paged.again();
    onChange?.();
  };
  const columns: readonly Column<RecipientRule>[] = [
    {
      head: 'Rule',
      width: '116px',
      cell: ({ type }) => <Pill tone={TONES[type] ?? 'off'}>{nameOf(RecipientRuleType, type)}</Pill>,
    },
    { head: 'For', cell: (rule) => <span title={whom(rule)}>{whom(rule)}</span> },
    { head: 'Why', isWide: true, isSoft: true, cell: ({ note, cause }) => note || cause || '–' },
    {
      head: 'Until',
      width: '110px',
      isWide: true,
      isSoft: true,
      cell: ({ expiresAt }) => <Ago at={expiresAt} none="for ever" />,
    },
    {
      head: 'Actions',
      width: '170px',
      isActions: true,
      cell: (rule) => <RuleActions rule={rule} again={again} />,
    },
  ];
  return (
    <Card
      title="Rules"
      isFlush
      tools={
        <Action
          label="New rule…"
          icon="plus"
          method={method.createRecipientRule}
          title="New rule"
          submit="Create the rule"
          onSubmit={async (values) => {
            const kind = values.text('kind');
            const subject = fingerprint ? { fingerprint } : { [kind]: values.text('whom') };
            await api.recipients.createRecipientRule({
              ...target(),
              recipientRule: {
                ...subject,
                type: enumOf(RecipientRuleType, values.text('type')),
                note: values.text('note'),
                ...readEnd(values),
              },
            });
            say('The rule applies from now on.');
            again();
          }}
        >
          <Select
            label="Rule"
            name="type"
            value={RecipientRuleType.BLOCK}
            options={optionsOf(RecipientRuleType)}
            hint="Allow passes the guard and the limits on sends; block and suppress refuse every send"
          />
          {!fingerprint && (
            <div class="columns">
              <Select
                label="For"
                name="kind"
                value="recipient"
                options={[
                  { value: 'recipient', word: 'One recipient' },
                  { value: 'emailDomain', word: 'A domain of e-mail' },
                  { value: 'phonePrefix', word: 'A prefix of numbers' },
                  { value: 'prefix', word: 'A prefix as refusals show it' },
                ]}
              />
              <Text label="Address, domain or prefix" name="whom" required maxLength={254} />
            </div>
          )}
          <RuleFields />
        </Action>
      }
    >
      <Table
        label="Rules of recipients"
        columns={columns}
        paged={paged}
        idOf={({ id }) => id}
        empty={<Empty title="No rules">Limits and the guard decide alone.</Empty>}
      />
    </Card>
  );
}

const RuleFields = ({ rule }: { readonly rule?: RecipientRule }) => (
  <>
    <Text label="Why" name="note" maxLength={256} value={rule?.note} hint="For colleagues; no address" />
    <Text
      label="Until (UTC)"
      name="expires"
      type="datetime-local"
      hint="Empty: for ever"
      value={dateOf(rule?.expiresAt)?.toISOString().slice(0, 16)}
    />
  </>
);

function RuleActions({ rule, again }: { readonly rule: RecipientRule; readonly again: () => void }) {
  const { id } = rule;
  return (
    <span class="row-actions">
      <Action
        label="Show"
        look="quiet"
        method={method.getRecipientRule}
        title={`Rule for ${whom(rule)}`}
        submit="Show it all"
        onSubmit={async () => {
          const { recipientRule: full } = await api.recipients.getRecipientRule({ ...target(), id });
          return (
            <Facts
              facts={[
                ['Created by', full?.createdBy || 'the service'],
                ['Created', full && <Ago at={full.createdAt} />],
                ['Cause', full?.cause],
                ['Why', full?.note],
                [
                  'Id',
                  <span key="id" class="mono">
                    {id}
                  </span>,
                ],
              ]}
            />
          );
        }}
      >
        <p>Who created the rule, when and why.</p>
      </Action>
      <Action
        label="Edit"
        look="quiet"
        method={method.updateRecipientRule}
        title={`Edit the rule for ${whom(rule)}`}
        submit="Save"
        onSubmit={async (values) => {
          await api.recipients.updateRecipientRule({
            ...target(),
            recipientRule: { id, note: values.text('note'), ...readEnd(values) },
            updateMask: { paths: ['note', 'expires_at'] },
          });
          say('The rule is changed.');
          again();
        }}
      >
        <RuleFields rule={rule} />
      </Action>
      <Action
        label="Delete"
        look="danger-quiet"
        method={method.deleteRecipientRule}
        title={`Delete the rule for ${whom(rule)}`}
        submit="Delete the rule"
        onSubmit={async () => {
          await api.recipients.deleteRecipientRule({ ...target(), id });
          say('The rule is deleted.');
          again();
        }}
      >
        <p>Limits and the guard decide alone again.</p>
      </Action>
    </span>
  );
}
