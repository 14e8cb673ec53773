import { create } from '@bufbuild/protobuf';
import { useLocation, useRoute } from 'preact-iso';
import {
  type Beneficiary,
  GetSponsorRequestSchema,
  SponsorSchema,
  SponsorService,
} from '../../../gen/otp/admin/v1/sponsor_service_pb.js';
import { Empty, Problem, Skeleton } from '../../look/States.js';
import { api, inWorkspace } from '../api.js';
import { useLoaded } from '../loading.js';
import { usePaged } from '../paging.js';
import { link, useQuery } from '../route.js';
import { Action } from '../ui/Action.js';
import { Ago } from '../ui/Ago.js';
import { Facts } from '../ui/Facts.js';
import { Check, Text, type Values } from '../ui/Fields.js';
import { ImportBeneficiaries } from '../ui/ImportBeneficiaries.js';
import { Card, Page } from '../ui/Page.js';
import { Raw } from '../ui/Raw.js';
import { readSponsor, rulesAsText, SponsorFields } from '../ui/sponsorFields.js';
import { Table } from '../ui/Table.js';
import { say } from '../ui/toast.js';
import { channelOf } from '../words.js';

const { method } = SponsorService;

/** A sponsor with its beneficiaries. */
export function Sponsor() {
  const slug = useRoute().params.slug ?? '';
  const { route } = useLocation();
  const scope = `${slug} ${useQuery().get('workspace')}`;
  const request = create(GetSponsorRequestSchema, { ...inWorkspace(), slug });
  const loaded = useLoaded(
    `sponsor ${scope}`,
    async (signal) => (await api.sponsors.getSponsor(request, { signal })).sponsor,
  );
  const paged = usePaged<Beneficiary>(`beneficiaries ${scope}`, {
    idOf: ({ beneficiaryId }) => beneficiaryId,
    async load(pageToken, signal) {
      const page = await api.sponsors.listBeneficiaries(
        { ...inWorkspace(), sponsorSlug: slug, pageSize: 100, pageToken },
        signal ? { signal } : {},
      );
      return { items: page.beneficiaries, next: page.nextPageToken };
    },
  });
  const sponsor = loaded.value;
  return (
    <Page
      name={sponsor?.displayName ?? slug}
      back={{ href: link('/sponsors'), word: 'Sponsors' }}
      actions={
        sponsor && (
          <>
            <Action
              label="Edit…"
              method={method.updateSponsor}
              title="Edit the sponsor"
              submit="Save"
              onSubmit={async (values) => {
                await api.sponsors.updateSponsor({
                  ...inWorkspace(),
                  sponsor: { slug, ...readSponsor(values) },
                  updateMask: { paths: ['display_name', 'channels', 'otp_forbidden', 'rules', 'clients'] },
                });
                say('The sponsor is changed.');
                loaded.again();
              }}
            >
              <SponsorFields sponsor={sponsor} />
            </Action>
            <Action
              label="Delete…"
              look="danger-quiet"
              method={method.deleteSponsor}
              title={`Delete ${sponsor.displayName}`}
              submit="Delete the sponsor"
              confirm={slug}
              onSubmit={async (values) => {
                await api.sponsors.deleteSponsor({ ...inWorkspace(), slug, force: values.has('force') });
                say('The sponsor is deleted.');
                route(link('/sponsors'));
              }}
            >
              <p>This cannot be undone.</p>
              <Check label="Its beneficiaries as well" name="force" />
            </Action>
          </>
        )
      }
    >
      <Problem error={loaded.error} again={loaded.again} />
      <div class="split even">
        <Card
          title="Beneficiaries"
          isFlush
          tools={
            <>
              <ImportBeneficiaries slug={slug} again={paged.again} />
              <Action
                label="New beneficiary…"
                icon="plus"
                method={method.createBeneficiary}
                title="New beneficiary"
                submit="Create the beneficiary"
                onSubmit={async (values) => {
                  const beneficiary = {
                    sponsorSlug: slug,
                    beneficiaryId: values.text('id'),
                    ...readAddresses(values),
                  };
                  await api.sponsors.createBeneficiary({ ...inWorkspace(), beneficiary });
                  say('The beneficiary is there.');
                  paged.again();
                }}
              >
                <Text label="Id" name="id" required maxLength={128} />
                <Addresses />
              </Action>
            </>
          }
        >
          <Table
            label="Beneficiaries"
            columns={[
              { head: 'Id', cell: ({ beneficiaryId }) => beneficiaryId },
              { head: 'Phone', isWide: true, cell: ({ maskedPhone }) => maskedPhone || '–' },
              { head: 'E-mail', isWide: true, cell: ({ maskedEmail }) => maskedEmail || '–' },
              {
                head: 'Since',
                width: '120px',
                isWide: true,
                isSoft: true,
                cell: ({ createdAt }) => <Ago at={createdAt} />,
              },
              {
                head: 'Actions',
                width: '170px',
                isActions: true,
                cell: (one) => <BeneficiaryActions beneficiary={one} again={paged.again} />,
              },
            ]}
            paged={paged}
            idOf={({ beneficiaryId }) => beneficiaryId}
            empty={<Empty title="No beneficiaries">Codes are sent to the addresses that stand here.</Empty>}
          />
        </Card>
        <Card title="Details">
          {sponsor ? (
            <Raw
              label="Sponsor as"
              schema={SponsorSchema}
              message={sponsor}
              call={{ method: method.getSponsor, request }}
            >
              <Facts
                facts={[
                  [
                    'Slug',
                    <span key="slug" class="mono">
                      {slug}
                    </span>,
                  ],
                  ['Channels', sponsor.channels.map(channelOf).join(', ') || 'all'],
                  ['Codes', sponsor.otpForbidden ? 'Forbidden' : 'By rules'],
                  ['Rules', <pre key="rules">{rulesAsText(sponsor.rules) || 'none'}</pre>],
                  ['Keys', sponsor.clients.join(', ') || 'all'],
                ]}
              />
            </Raw>
          ) : (
            !loaded.error && <Skeleton />
          )}
        </Card>
      </div>
    </Page>
  );
}

const readAddresses = (values: Values) => ({ phone: values.text('phone'), email: values.text('email') });

const Addresses = ({ of }: { readonly of?: Beneficiary | undefined }) => (
  <>
    <Text label="Phone" name="phone" value={of?.phone} placeholder="+57 300 111 2233" />
    <Text label="E-mail" name="email" type="email" value={of?.email} />
  </>
);

function BeneficiaryActions({
  beneficiary,
  again,
}: {
  readonly beneficiary: Beneficiary;
  readonly again: () => void;
}) {
  const { sponsorSlug, beneficiaryId } = beneficiary;
  const named = { sponsorSlug, beneficiaryId };
  return (
    <span class="row-actions">
      <Action
        label="Edit"
        look="quiet"
        method={method.updateBeneficiary}
        title={`Edit ${beneficiaryId}`}
        submit="Save"
        onSubmit={async (values) => {
          const changed = readAddresses(values);
          // An address that is left empty stays as it is.
          const paths = Object.entries(changed).flatMap(([name, value]) => (value ? [name] : []));
          await api.sponsors.updateBeneficiary({
            ...inWorkspace(),
            beneficiary: { ...named, ...changed },
            updateMask: { paths },
          });
          say(`${beneficiaryId} is changed.`);
          again();
        }}
      >
        <p>Addresses that are left empty stay as they are.</p>
        <Addresses />
      </Action>
      <Action
        label="Show"
        look="quiet"
        method={method.getBeneficiary}
        title={beneficiaryId}
        submit="Show the addresses"
        onSubmit={async () => {
          const { beneficiary: full } = await api.sponsors.getBeneficiary({ ...inWorkspace(), ...named });
          return (
            <Facts
              facts={[
                ['Phone', full?.phone || full?.maskedPhone],
                ['E-mail', full?.email || full?.maskedEmail],
              ]}
            />
          );
        }}
      >
        <p>That you looked is written to the audit log.</p>
      </Action>
      <Action
        label="Delete"
        look="danger-quiet"
        method={method.deleteBeneficiary}
        title={`Delete ${beneficiaryId}`}
        submit="Delete the beneficiary"
        confirm={beneficiaryId}
        onSubmit={async () => {
          await api.sponsors.deleteBeneficiary({ ...inWorkspace(), ...named });
          say(`${beneficiaryId} is deleted.`);
          again();
        }}
      >
        <p>This cannot be undone.</p>
      </Action>
    </span>
  );
}
