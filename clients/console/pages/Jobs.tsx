import { type Job, JobService, JobState, JobType } from '../../../gen/otp/admin/v1/job_service_pb.js';
import { Empty, Problem, Skeleton } from '../../look/States.js';
import { api, inWorkspace } from '../api.js';
import { count } from '../format.js';
import { useLoaded } from '../loading.js';
import { usePaged } from '../paging.js';
import { useQuery } from '../route.js';
import { Action } from '../ui/Action.js';
import { Ago } from '../ui/Ago.js';
import { Facts } from '../ui/Facts.js';
import { Filters, Pick } from '../ui/Filters.js';
import { Card, Page } from '../ui/Page.js';
import { Pill } from '../ui/Pill.js';
import { type Column, Table } from '../ui/Table.js';
import { say } from '../ui/toast.js';
import { enumOf, nameOf, optionsOf, type Tone } from '../words.js';

const { method } = JobService;

const TONES: Readonly<Partial<Record<JobState, Tone>>> = {
  [JobState.UNSPECIFIED]: 'off',
  [JobState.SCHEDULED]: 'wait',
  [JobState.RUNNING]: 'part',
  [JobState.SUCCEEDED]: 'ok',
  [JobState.FAILED]: 'bad',
  [JobState.CANCELED]: 'off',
};

const Progress = ({ job: { done, total } }: { readonly job: Job }) => (
  <span class="progress">
    <progress
      max={Number(total) || 1}
      value={Number(done)}
      aria-label={`${count(done)} of ${count(total)} done`}
    />
    <span class="num soft">
      {count(done)} of {total > 0n ? count(total) : '?'}
    </span>
  </span>
);

const columns: readonly Column<Job>[] = [
  {
    head: 'State',
    width: '128px',
    cell: ({ state }) => <Pill tone={TONES[state] ?? 'off'}>{nameOf(JobState, state)}</Pill>,
  },
  { head: 'Job', cell: ({ type, workspace }) => `${nameOf(JobType, type)} ${workspace}` },
  { head: 'Progress', isWide: true, cell: (job) => <Progress job={job} /> },
  {
    head: 'Begins',
    width: '130px',
    isWide: true,
    isSoft: true,
    cell: ({ startsAt }) => <Ago at={startsAt} />,
  },
  { head: 'Ended', width: '130px', isWide: true, isSoft: true, cell: ({ endedAt }) => <Ago at={endedAt} /> },
];

/** Long-running work: it goes on when the page is left, and is found again here. */
export function Jobs() {
  const query = useQuery();
  const workspace = query.get('workspace');
  const state = enumOf(JobState, query.get('state'));
  const chosen = query.get('job');
  const paged = usePaged<Job>(`jobs ${workspace} ${state}`, {
    idOf: ({ id }) => id,
    everyMs: 2_000,
    async load(pageToken, signal) {
      const page = await api.jobs.listJobs(
        { ...inWorkspace(), pageSize: 50, pageToken, state },
        signal ? { signal } : {},
      );
      return { items: page.jobs, next: page.nextPageToken };
    },
  });
  return (
    <Page name="Jobs">
      {chosen && <Chosen key={chosen} id={chosen} />}
      <Card isFlush>
        <Filters>
          <Pick label="State" name="state" options={optionsOf(JobState)} />
        </Filters>
        <Table
          label="Jobs, newest first"
          columns={columns}
          paged={paged}
          idOf={({ id }) => id}
          chosen={chosen}
          href={({ id }) => {
            const next = new URLSearchParams(location.search);
            next.set('job', id);
            return `${location.pathname}?${next}`;
          }}
          empty={<Empty title="No jobs">Work that takes long, such as a purge, is listed here.</Empty>}
        />
      </Card>
    </Page>
  );
}

function Chosen({ id }: { readonly id: string }) {
  const query = useQuery();
  const loaded = useLoaded(
    `job ${id} ${query.get('workspace')}`,
    async (signal) => (await api.jobs.getJob({ ...inWorkspace(), id }, { signal })).job,
    1_000,
  );
  const job = loaded.value;
  return (
    <Card
      title="The chosen job"
      tools={
        job?.cancelable && (
          <Action
            label="Cancel job…"
            method={method.cancelJob}
            title="Cancel this job"
            submit="Cancel the job"
            onSubmit={async () => {
              await api.jobs.cancelJob({ ...inWorkspace(), id });
              say('The job is cancelled.');
              loaded.again();
            }}
          >
            <p>What it has done already stays done.</p>
          </Action>
        )
      }
    >
      <Problem error={loaded.error} again={loaded.again} />
      {job ? (
        <Facts
          facts={[
            [
              'State',
              <Pill key="state" tone={TONES[job.state] ?? 'off'}>
                {nameOf(JobState, job.state)}
              </Pill>,
            ],
            ['Progress', <Progress key="progress" job={job} />],
            [
              'Counts',
              Object.entries(job.counts)
                .map(([name, value]) => `${name} ${count(value)}`)
                .join(', '),
            ],
            ['Error', job.error],
            ['Begins', <Ago key="starts" at={job.startsAt} />],
            ['Ended', job.endedAt && <Ago at={job.endedAt} />],
            ['Asked by', job.actor],
            [
              'Id',
              <span key="id" class="mono">
                {job.id}
              </span>,
            ],
          ]}
        />
      ) : (
        !loaded.error && <Skeleton rows={4} />
      )}
    </Card>
  );
}
