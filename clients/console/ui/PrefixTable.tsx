import { GuardService, type Prefix, PrefixState } from '../../../gen/otp/admin/v1/guard_service_pb.js';
import { RecipientRuleType, RecipientService } from '../../../gen/otp/admin/v1/recipient_service_pb.js';
import { Empty } from '../../look/States.js';
import { missing } from '../access.js';
import { api, inWorkspace, target } from '../api.js';
import { count, share } from '../format.js';
import { usePaged } from '../paging.js';
import { nameOf, type Tone } from '../words.js';
import { Action } from './Action.js';
import { Text } from './Fields.js';
import { Card } from './Page.js';
import { Pill } from './Pill.js';
import { type Column, Table } from './Table.js';
import { say } from './toast.js';

const TONES: Readonly<Partial<Record<PrefixState, Tone>>> = {
  [PrefixState.OPEN]: 'ok',
  [PrefixState.WATCHED]: 'wait',
  [PrefixState.REFUSED]: 'bad',
};

const shown = ({ maskedPrefix, prefix }: Prefix): string => maskedPrefix || `${prefix.slice(0, 12)}…`;

const columns: readonly Column<Prefix>[] = [
  {
    head: 'Prefix',
    cell: (one) => (
      <>
        {shown(one)} <span class="soft">{one.country}</span>
      </>
    ),
  },
  {
    head: 'State',
    width: '110px',
    cell: ({ state }) => <Pill tone={TONES[state] ?? 'off'}>{nameOf(PrefixState, state)}</Pill>,
  },
  { head: 'Sends', width: '72px', isNumber: true, isWide: true, cell: ({ sends }) => count(sends) },
  {
    head: 'Entered',
    width: '92px',
    isNumber: true,
    cell: ({ approvals, sends }) => share(Number(approvals), Number(sends)),
  },
  { head: 'Sources', width: '84px', isNumber: true, isWide: true, cell: ({ sources }) => count(sources) },
  { head: 'Refused', width: '84px', isNumber: true, isWide: true, cell: ({ refused }) => count(refused) },
];

interface Props {
  readonly scope: string;
  readonly everyMs: number;
  readonly onBlock: () => void;
}

/** Prefixes that messages go to, those closest to a refusal first. */
export function PrefixTable({ scope, everyMs, onBlock }: Props) {
  const paged = usePaged<Prefix>(`prefixes ${scope}`, {
    idOf: ({ prefix }) => prefix,
    everyMs,
    async load(pageToken, signal) {
      const page = await api.guard.listPrefixes(
        { ...inWorkspace(), pageSize: 50, pageToken },
        signal ? { signal } : {},
      );
      return { items: page.prefixes, next: page.nextPageToken };
    },
  });
  const block: Column<Prefix> = {
    head: 'Actions',
    width: '96px',
    isActions: true,
    cell: (one) => (
      <span class="row-actions">
        <Block prefix={one} onBlock={onBlock} />
      </span>
    ),
  };
  if (missing(GuardService.method.listPrefixes)) return null;
  return (
    <Card title="Prefixes" isFlush>
      <Table
        label="Prefixes, closest to a refusal first"
        columns={[...columns, block]}
        paged={paged}
        idOf={({ prefix }) => prefix}
        empty={
          <Empty title="No prefixes are counted">
            They are counted while the rule about entered codes is on: see Rules in force.
          </Empty>
        }
      />
    </Card>
  );
}

const Block = ({ prefix, onBlock }: { readonly prefix: Prefix; readonly onBlock: () => void }) => (
  <Action
    label="Block…"
    look="danger-quiet"
    method={RecipientService.method.createRecipientRule}
    title={`Block ${shown(prefix)}`}
    submit="Block the prefix"
    onSubmit={async (values) => {
      await api.recipients.createRecipientRule({
        ...target(),
        recipientRule: { type: RecipientRuleType.BLOCK, prefix: prefix.prefix, note: values.text('note') },
      });
      say(`Nothing goes to ${shown(prefix)} any more. The rule is under Recipients.`);
      onBlock();
    }}
  >
    <p>Every send to a number of this prefix is refused until the rule is deleted.</p>
    <Text label="Why" name="note" maxLength={256} hint="For colleagues; no address" />
  </Action>
);
