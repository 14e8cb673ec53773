import type { AuditEntry } from '../../../gen/otp/admin/v1/audit_service_pb.js';
import { api, inWorkspace } from '../api.js';
import { dateOf } from '../format.js';
import { usePaged } from '../paging.js';
import { useQuery } from '../route.js';
import { Ago } from '../ui/Ago.js';
import { Export } from '../ui/Export.js';
import { Filters, NothingMatches, Typed } from '../ui/Filters.js';
import { Card, Page } from '../ui/Page.js';
import { Empty } from '../ui/States.js';
import { type Column, Table } from '../ui/Table.js';

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

const FILTERS = ['who', 'what', 'resource'];

/** Who changed what, and who looked at whom. */
export function Audit() {
  const query = useQuery();
  const [who = '', what = '', resource = ''] = FILTERS.map((name) => query.get(name).toLowerCase());
  const matches = (one: AuditEntry) =>
    one.actor.toLowerCase().includes(who) &&
    one.method.toLowerCase().includes(what) &&
    one.resource.toLowerCase().includes(resource);
  const paged = usePaged<AuditEntry>(`audit ${query.get('workspace')} ${who} ${what} ${resource}`, {
    idOf: ({ id }) => id,
    async load(pageToken, signal) {
      const page = await api.audit.listAuditEntries(
        { ...inWorkspace(), pageSize: 100, pageToken },
        signal ? { signal } : {},
      );
      return { items: page.entries.filter(matches), next: page.nextPageToken };
    },
  });
  return (
    <Page name="Audit">
      <Card isFlush>
        <Filters>
          <Typed label="Who" name="who" />
          <Typed label="Method" name="what" />
          <Typed label="Resource" name="resource" />
          <span class="tally" />
          <Export name="audit" columns={columns} load={paged.load} />
        </Filters>
        <Table
          label="Audit entries, newest first"
          columns={columns}
          paged={paged}
          idOf={({ id }) => id}
          empty={
            who || what || resource ? (
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
