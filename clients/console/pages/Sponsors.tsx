import { type Sponsor, SponsorService } from '../../../gen/otp/admin/v1/sponsor_service_pb.js';
import { Empty } from '../../look/States.js';
import { api, inWorkspace } from '../api.js';
import { count } from '../format.js';
import { usePaged } from '../paging.js';
import { link, useQuery } from '../route.js';
import { Action } from '../ui/Action.js';
import { Ago } from '../ui/Ago.js';
import { Text } from '../ui/Fields.js';
import { Card, Page } from '../ui/Page.js';
import { Pill } from '../ui/Pill.js';
import { readSponsor, SponsorFields } from '../ui/sponsorFields.js';
import { type Column, Table } from '../ui/Table.js';
import { say } from '../ui/toast.js';
import { channelOf } from '../words.js';

const columns: readonly Column<Sponsor>[] = [
  {
    head: 'Sponsor',
    cell: ({ displayName, slug }) => (
      <>
        {displayName} <span class="soft mono">{slug}</span>
      </>
    ),
  },
  {
    head: 'Channels',
    isWide: true,
    cell: ({ channels }) => channels.map(channelOf).join(', ') || 'all',
  },
  { head: 'Rules', width: '80px', isWide: true, isNumber: true, cell: ({ rules }) => count(rules.length) },
  {
    head: 'Codes',
    width: '130px',
    cell: ({ otpForbidden }) =>
      otpForbidden ? <Pill tone="bad">Forbidden</Pill> : <Pill tone="ok">By rules</Pill>,
  },
  {
    head: 'Since',
    width: '130px',
    isWide: true,
    isSoft: true,
    cell: ({ createdAt }) => <Ago at={createdAt} />,
  },
];

/** Whose beneficiaries are verified, and when a code is required. */
export function Sponsors() {
  const query = useQuery();
  const paged = usePaged<Sponsor>(`sponsors ${query.get('workspace')}`, {
    idOf: ({ slug }) => slug,
    async load(pageToken, signal) {
      const page = await api.sponsors.listSponsors(
        { ...inWorkspace(), pageSize: 100, pageToken },
        signal ? { signal } : {},
      );
      return { items: page.sponsors, next: page.nextPageToken };
    },
  });
  return (
    <Page
      name="Sponsors"
      actions={
        <Action
          label="New sponsor…"
          icon="plus"
          look="primary"
          method={SponsorService.method.createSponsor}
          title="New sponsor"
          submit="Create the sponsor"
          onSubmit={async (values) => {
            await api.sponsors.createSponsor({
              ...inWorkspace(),
              sponsor: { slug: values.text('slug'), ...readSponsor(values) },
            });
            say('The sponsor is there.');
            paged.again();
          }}
        >
          <Text label="Slug" name="slug" required maxLength={64} hint="In requests; it cannot be changed" />
          <SponsorFields />
        </Action>
      }
    >
      <Card isFlush>
        <Table
          label="Sponsors"
          columns={columns}
          paged={paged}
          idOf={({ slug }) => slug}
          href={({ slug }) => link(`/sponsors/${slug}`)}
          empty={<Empty title="No sponsors">Only the beneficiary API needs them.</Empty>}
        />
      </Card>
    </Page>
  );
}
