import { type MessageInitShape, toJsonString } from '@bufbuild/protobuf';
import { ConnectError } from '@connectrpc/connect';
import {
  type AuditEntry,
  AuditEntrySchema,
  AuditService,
  type ExportAuditEntriesRequestSchema,
} from '../../../gen/otp/admin/v1/audit_service_pb.js';
import { Icon } from '../../look/Icon.js';
import { Empty } from '../../look/States.js';
import { api, inWorkspace } from '../api.js';
import { save } from '../csv.js';
import { count, dateOf } from '../format.js';
import { usePaged } from '../paging.js';
import { useQuery } from '../route.js';
import { Action } from '../ui/Action.js';
import { Ago } from '../ui/Ago.js';
import { Export } from '../ui/Export.js';
import { Facts } from '../ui/Facts.js';
import { Chips, Filters, NothingMatches, Typed } from '../ui/Filters.js';
import { Card, Page } from '../ui/Page.js';
import { Pill } from '../ui/Pill.js';
import { RangePicker, rangeOf } from '../ui/Range.js';
import { type Column, Table } from '../ui/Table.js';
import { say } from '../ui/toast.js';

const columns: readonly Column<AuditEntry>[] = [
  {
    head: 'Time',
    width: '132px',
    cell: ({ at }) => <Ago at={at} />,
    text: ({ at }) => dateOf(at)?.toISOString() ?? '',
  },
  { head: 'Who', cell: ({ actor }) => <span title={actor}>{actor}</span>, text: ({ actor }) => actor },
  {
    head: 'Method',
    cell: ({ method }) => <span title={method}>{method.split('/').at(-1)}</span>,
    text: ({ method }) => method,
  },
  {
    head: 'Resource',
    isWide: true,
    isSoft: true,
    cell: ({ resource }) => <span title={resource}>{resource || '–'}</span>,
    text: ({ resource }) => resource,
  },
  {
    head: 'Fields',
    isWide: true,
    isSoft: true,
    cell: ({ fields }) => <span title={fields.join(', ')}>{fields.join(', ') || '–'}</span>,
    text: ({ fields }) => fields.join(' '),
  },
  {
    head: 'Outcome',
    width: '160px',
    isWide: true,
    cell: ({ outcome }) => (outcome === 'OK' ? 'OK' : <span class="bad">{outcome}</span>),
    text: ({ outcome }) => outcome,
  },
  {
    head: 'From',
    width: '120px',
    isWide: true,
    isSoft: true,
    cell: ({ peer }) => peer,
    text: ({ peer }) => peer,
  },
];

const FILTERS = ['who', 'method', 'resource', 'outcome', 'kind', 'recipient'];

/** Who changed what, and who looked at whom. */
export function Audit() {
  const query = useQuery();
  const range = rangeOf(query, '30d');
  const kind = query.get('kind');
  const filter = {
    ...inWorkspace(),
    actor: query.get('who'),
    method: query.get('method'),
    resource: query.get('resource'),
    outcome: query.get('outcome'),
    fingerprint: query.get('recipient'),
    after: range.fromTime,
    ...(range.toTime && { before: range.toTime }),
    ...(kind && { read: kind === 'reads' }),
  };
  const isFiltered = FILTERS.some((name) => query.get(name));
  const key = [query.get('workspace'), range.name, ...FILTERS.map((name) => query.get(name))].join(' ');
  const paged = usePaged<AuditEntry>(`audit ${key}`, {
    idOf: ({ id }) => id,
    async load(pageToken, signal) {
      const page = await api.audit.listAuditEntries(
        { ...filter, pageSize: 100, pageToken },
        signal ? { signal } : {},
      );
      return { items: page.entries, next: page.nextPageToken };
    },
  });
  return (
    <Page
      name="Audit"
      actions={
        <>
          <RangePicker standard="30d" />
          <Verify />
        </>
      }
    >
      <Card isFlush>
        <Filters>
          <Chips
            label="Kind"
            name="kind"
            options={[
              { value: 'changes', word: 'Changes' },
              { value: 'reads', word: 'Looks at people' },
            ]}
          />
          <Typed label="Key id" name="who" />
          <Typed label="Method" name="method" />
          <Typed label="Resource" name="resource" />
          <Typed label="Outcome" name="outcome" />
          <span class="tally" />
          <Export name="audit" columns={columns} load={paged.load} />
          <button type="button" class="button small" onClick={() => void saveLines(filter)}>
            <Icon name="download" /> JSON lines
          </button>
        </Filters>
        <Table
          label="Audit entries, newest first"
          columns={columns}
          paged={paged}
          idOf={({ id }) => id}
          empty={
            isFiltered ? (
              <NothingMatches names={FILTERS} />
            ) : (
              <Empty title="Nothing yet">Every change and every look at a recipient is written here.</Empty>
            )
          }
        />
      </Card>
    </Page>
  );
}

/** All that the filters match, oldest first, with the hashes of the chain. */
async function saveLines(filter: MessageInitShape<typeof ExportAuditEntriesRequestSchema>): Promise<void> {
  const lines: string[] = [];
  try {
    for await (const { entries } of api.audit.exportAuditEntries(filter, { timeoutMs: 120_000 }))
      lines.push(...entries.map((entry) => toJsonString(AuditEntrySchema, entry)));
    save('audit.jsonl', `${lines.join('\n')}\n`, 'application/jsonl');
    say(`${count(lines.length)} entries saved as audit.jsonl.`);
  } catch (thrown) {
    say(`The export failed: ${ConnectError.from(thrown).rawMessage}`);
  }
}

/** Whether the log is as it was written. */
function Verify() {
  return (
    <Action
      label="Verify the chain…"
      method={AuditService.method.verifyAuditLog}
      title="Verify the chain of hashes"
      submit="Verify"
      onSubmit={async () => {
        let checked = 0n;
        let pageToken = '';
        for (;;) {
          const page = await api.audit.verifyAuditLog({ ...inWorkspace(), pageToken });
          checked += page.checked;
          pageToken = page.nextPageToken;
          if (page.whole && pageToken) continue;
          return (
            <Facts
              facts={[
                ['Result', page.whole ? <Pill tone="ok">Unbroken</Pill> : <Pill tone="bad">Broken</Pill>],
                ['Checked', `${count(checked)} entries`],
                ['Unbroken until', <Ago key="until" at={page.wholeUntil} />],
                ['Broken at', page.brokenAt?.id],
                [
                  'Last hash',
                  <span key="hash" class="mono">
                    {page.hash}
                  </span>,
                ],
              ]}
            />
          );
        }
      }}
    >
      <p>
        Every entry holds the hash of the one before it. An entry that was changed or removed breaks the
        chain.
      </p>
    </Action>
  );
}
