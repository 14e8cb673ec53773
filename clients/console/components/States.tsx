import { timestampFromDate } from '@bufbuild/protobuf/wkt';
import { Code, ConnectError } from '@connectrpc/connect';
import { Code as CodeBlock, Copy } from '../../look/Copy.js';
import { Icon } from '../../look/Icon.js';
import { Mark } from '../../look/Mark.js';
import { Empty, Forbidden, Problem, Skeleton } from '../../look/States.js';
import { Tabs } from '../../look/Tabs.js';
import { Ago } from '../ui/Ago.js';
import { Facts, Figures } from '../ui/Facts.js';
import { Card } from '../ui/Page.js';
import { Pill } from '../ui/Pill.js';
import { SessionLink } from '../ui/SessionLink.js';
import { type Column, Table } from '../ui/Table.js';
import { say } from '../ui/toast.js';
import { Example } from './Example.js';

const AT = timestampFromDate(new Date(Date.UTC(2026, 2, 4, 10, 2)));
const ID = '01a218cc-0000-7000-8000-000000000001';
const error = new ConnectError('the store does not respond', Code.Unavailable, {
  'x-request-id': 'req-12345',
});

interface Row {
  readonly id: string;
  readonly sends: number;
}

const columns: readonly Column<Row>[] = [
  { head: 'Name', cell: ({ id }) => id },
  { head: 'Sends', width: '80px', isNumber: true, cell: ({ sends }) => sends },
  { head: 'Note', isWide: true, isSoft: true, cell: () => 'on wide screens' },
];
const rows = Array.from({ length: 3 }, (_, at) => ({ id: `row-${at}`, sends: at * 10 }));

const Rows = ({
  label,
  items,
  failed,
}: {
  label: string;
  items: readonly Row[] | undefined;
  failed?: true;
}) => (
  <Table
    label={label}
    columns={columns}
    paged={{ items, error: failed && error, again: () => {}, hasMore: false, more: async () => {} }}
    idOf={({ id }) => id}
    href={({ id }) => `?row=${id}`}
    chosen="row-1"
    empty={<Empty title="No rows">They appear as they are made.</Empty>}
  />
);

/** What a page shows while it loads, when it is empty, and when something went wrong. */
export const States = () => (
  <>
    <Example name="States">
      <Problem error={error} again={() => {}} />
      <Skeleton rows={2} />
      <Empty title="Nothing yet" command="curl https://otp.example.com">
        Send a code.
      </Empty>
      <Forbidden reason="Needs the scope admin; your key has support." />
    </Example>
    <Example name="Table">
      <Rows label="Rows" items={rows} />
      <Rows label="No rows" items={[]} />
      <Rows label="Rows that are loaded" items={undefined} />
      <Rows label="Rows that failed" items={rows} failed />
    </Example>
    <Example name="Pill">
      <p>
        {(['ok', 'wait', 'part', 'bad', 'off'] as const).map((tone) => (
          <>
            <Pill key={tone} tone={tone}>
              {tone}
            </Pill>{' '}
          </>
        ))}
      </p>
    </Example>
    <Example name="Facts">
      <Figures
        label="Figures"
        figures={[
          { word: 'Sent', value: '12,481', note: '▲ 4%' },
          { word: 'Approved', value: '9,310', tone: 'ok' },
          { word: 'Refused', value: '88', tone: 'bad' },
          { word: 'Loading', value: undefined },
        ]}
      />
      <Facts
        facts={[
          ['At', <Ago key="at" at={AT} />],
          ['Left out', undefined],
        ]}
      />
    </Example>
    <Example name="Ago">
      <p>
        <Ago at={AT} />, <Ago at={AT} as="clock" />, <Ago at={AT} as="ago" />,{' '}
        <Ago at={undefined} none="never" />
      </p>
    </Example>
    <Example name="Tabs">
      <Tabs
        label="Parts"
        tabs={[
          { name: 'One', body: () => <p>One</p> },
          { name: 'Two', body: () => <p>Two</p> },
        ]}
      />
    </Example>
    <Example name="Copy">
      <Copy text="text" />
      <CodeBlock text={'{\n  "id": 1\n}'} />
    </Example>
    <Example name="Page">
      <Card
        title="A card"
        tools={
          <button type="button" class="button small">
            Tool
          </button>
        }
      >
        <p>Its content.</p>
      </Card>
    </Example>
    <Example name="SessionLink">
      <SessionLink id={ID} />
    </Example>
    <Example name="Icon">
      <p>
        <Mark /> <Icon name="warning" /> <Icon name="lock" />
      </p>
    </Example>
    <Example name="toast">
      <button type="button" class="button" onClick={() => say('Something was done.')}>
        Say something
      </button>
    </Example>
  </>
);
