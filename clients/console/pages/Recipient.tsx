import { create } from '@bufbuild/protobuf';
import { timestampFromDate } from '@bufbuild/protobuf/wkt';
import { useRoute } from 'preact-iso';
import { LimitService } from '../../../gen/otp/admin/v1/limit_service_pb.js';
import {
  DiagnoseRecipientRequestSchema,
  type DiagnoseRecipientResponse,
  DiagnoseRecipientResponseSchema,
  RecipientService,
} from '../../../gen/otp/admin/v1/recipient_service_pb.js';
import type { SessionDetails } from '../../../gen/otp/admin/v1/session_service_pb.js';
import { Empty, Problem, Skeleton } from '../../look/States.js';
import { api, target } from '../api.js';
import { useLoaded } from '../loading.js';
import { usePaged } from '../paging.js';
import { link, useQuery } from '../route.js';
import { Action, RecipientField } from '../ui/Action.js';
import { Ago } from '../ui/Ago.js';
import { Facts } from '../ui/Facts.js';
import { recipientOf } from '../ui/Find.js';
import { Card, Page } from '../ui/Page.js';
import { LiveSwitch, liveEvery } from '../ui/Range.js';
import { Raw } from '../ui/Raw.js';
import { RecipientRecords } from '../ui/RecipientRecords.js';
import { RefusalTable } from '../ui/RefusalTable.js';
import { RuleTable } from '../ui/RuleTable.js';
import { sessionColumns } from '../ui/sessionColumns.js';
import { Table } from '../ui/Table.js';
import { say } from '../ui/toast.js';
import { VerdictCard } from '../ui/VerdictCard.js';

const WEEK = 7 * 86_400_000;

export function Recipient() {
  const fingerprint = useRoute().params.fingerprint ?? '';
  const query = useQuery();
  const scope = `${fingerprint} ${query.get('workspace')} ${query.get('mode')}`;
  const request = create(DiagnoseRecipientRequestSchema, {
    ...target(),
    fingerprint,
    locale: navigator.language,
    since: timestampFromDate(new Date(Math.floor((Date.now() - WEEK) / 60_000) * 60_000)),
  });
  const diagnosis = useLoaded(
    `diagnosis ${scope}`,
    (signal) => api.recipients.diagnoseRecipient(request, { signal }),
    liveEvery(query, 10_000),
  );
  const sessions = usePaged<SessionDetails>(`sessions ${scope}`, {
    idOf: ({ session }) => session?.id ?? '',
    everyMs: liveEvery(query, 5_000),
    async load(pageToken, signal) {
      const page = await api.sessions.listSessions(
        { ...target(), fingerprint, pageSize: 50, pageToken },
        signal ? { signal } : {},
      );
      return { items: page.sessions, next: page.nextPageToken };
    },
  });
  const { value } = diagnosis;
  return (
    <Page
      name={value?.maskedRecipient || 'Recipient'}
      back={{ href: link('/recipients'), word: 'Recipients' }}
      actions={
        <>
          <LiveSwitch />
          <ClearBlock fingerprint={fingerprint} again={diagnosis.again} />
          {value && (
            <RecipientRecords
              fingerprint={fingerprint}
              masked={value.maskedRecipient}
              again={() => {
                diagnosis.again();
                sessions.again();
              }}
            />
          )}
        </>
      }
    >
      <p class="subtitle">
        {value?.country && <b>{value.country}</b>} <span class="mono">{fingerprint}</span>
      </p>
      <Problem error={diagnosis.error} again={diagnosis.again} />
      {value ? <VerdictCard diagnosis={value} /> : !diagnosis.error && <Skeleton rows={3} />}
      <div class="split even">
        <Card title="Sessions" isFlush>
          <Table
            label="Sessions of this recipient"
            columns={sessionColumns.filter(({ head }) => head !== 'Recipient' && head !== 'Attempts left')}
            paged={sessions}
            idOf={({ session }) => session?.id ?? ''}
            href={({ session }) => link(`/sessions/${session?.id}`)}
            empty={<Empty title="No sessions">No code was sent to this recipient in the time kept.</Empty>}
          />
        </Card>
        <div class="stack">
          <Card title="Known">
            {value ? <Known value={value} request={request} /> : <Skeleton rows={4} />}
          </Card>
          <RuleTable fingerprint={fingerprint} scope={scope} onChange={diagnosis.again} />
          <Card title="Refusals" isFlush>
            <RefusalTable filter={{ fingerprint }} scope={scope} everyMs={liveEvery(query, 10_000)} />
          </Card>
        </div>
      </div>
    </Page>
  );
}

const Known = ({
  value,
  request,
}: {
  value: DiagnoseRecipientResponse;
  request: ReturnType<typeof create<typeof DiagnoseRecipientRequestSchema>>;
}) => (
  <Raw
    label="Diagnosis as"
    schema={DiagnoseRecipientResponseSchema}
    message={value}
    call={{ method: RecipientService.method.diagnoseRecipient, request }}
  >
    <Facts
      facts={[
        ['First seen', value.firstSeenAt && <Ago at={value.firstSeenAt} />],
        ['Last verified', <Ago key="verified" at={value.lastVerifiedAt} none="never" />],
        ['Country', value.country],
        [
          'Audit',
          <a key="audit" href={link('/audit', { recipient: value.fingerprint })}>
            Who looked at this recipient
          </a>,
        ],
      ]}
    />
  </Raw>
);

/** The block is read and cleared by the address in full, which the URL does not have. */
function ClearBlock({ fingerprint, again }: { fingerprint: string; again: () => void }) {
  const known = recipientOf(fingerprint);
  return (
    <Action
      label="Clear block…"
      method={LimitService.method.clearRecipientBlock}
      title="Clear the block of this recipient"
      submit="Clear the block"
      onSubmit={async (values) => {
        const recipient = known ?? values.text('recipient');
        const { block } = await api.limits.getRecipientBlock({ ...target(), recipient });
        await api.limits.clearRecipientBlock({ ...target(), recipient });
        say(
          block?.blockedUntil
            ? 'The block is cleared: codes can be entered again.'
            : 'There was no block. Counts of wrong codes are cleared.',
        );
        again();
      }}
    >
      <p>Wrong codes that were entered are forgotten. The person can try at once.</p>
      {!known && <RecipientField />}
    </Action>
  );
}
