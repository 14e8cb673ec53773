import { create } from '@bufbuild/protobuf';
import {
  ListSessionsRequestSchema,
  type SessionDetails,
} from '../../../gen/otp/admin/v1/session_service_pb.js';
import { DeliveryState } from '../../../gen/otp/v1/session_pb.js';
import { Empty, Problem, Skeleton } from '../../look/States.js';
import { api, target } from '../api.js';
import { Funnel } from '../charts/Funnel.js';
import { HourBars } from '../charts/HourBars.js';
import { count, dateOf, share } from '../format.js';
import { useLoaded } from '../loading.js';
import { usePaged } from '../paging.js';
import { useQuery } from '../route.js';
import { isDaily, readTraffic } from '../stats.js';
import { Export } from '../ui/Export.js';
import { Figures } from '../ui/Facts.js';
import { Chips, Filters, NothingMatches, Pick, Typed } from '../ui/Filters.js';
import { Card, Page } from '../ui/Page.js';
import { LiveSwitch, liveEvery, RangePicker, rangeOf } from '../ui/Range.js';
import { SessionPanel } from '../ui/SessionPanel.js';
import { sessionColumns, sessionFileColumns } from '../ui/sessionColumns.js';
import { Table } from '../ui/Table.js';
import { CHANNELS, enumOf, optionsOf, STATUSES } from '../words.js';

const FILTERS = ['status', 'channel', 'delivery', 'purpose', 'country', 'provider', 'key'];

export const firstCommand = (): string =>
  `curl ${location.origin}/otp.v1.OtpService/Send \\
  -H "Authorization: Bearer $COUNTERSIGN_KEY" \\
  -H 'Content-Type: application/json' \\
  -d '{"recipients":{"sms":"+573001112233"},"purpose":"login"}'`;

export function Sessions() {
  const query = useQuery();
  const range = rangeOf(query);
  const status = STATUSES.find(({ word }) => word.toLowerCase() === query.get('status'))?.status;
  const channel = CHANNELS.find(({ word }) => word.toLowerCase() === query.get('channel'))?.channel;
  const scope = JSON.stringify([query.get('workspace'), query.get('mode')]);
  const filters = FILTERS.map((name) => query.get(name));
  const traffic = useLoaded(
    `traffic ${range.name} ${scope}`,
    (signal) => readTraffic(range, signal),
    liveEvery(query, 5_000),
  );
  const paged = usePaged<SessionDetails>(`sessions ${range.name} ${scope} ${filters}`, {
    idOf,
    everyMs: liveEvery(query, 3_000),
    async load(pageToken, signal) {
      const request = create(ListSessionsRequestSchema, {
        ...target(),
        pageSize: 100,
        pageToken,
        createdAfter: range.fromTime,
        statuses: status ? [status] : [],
        ...(range.toTime && { createdBefore: range.toTime }),
        ...(channel && { channel }),
        deliveryState: enumOf(DeliveryState, query.get('delivery')),
        purpose: query.get('purpose'),
        country: query.get('country').toUpperCase(),
        provider: query.get('provider'),
        apiKeyId: query.get('key'),
      });
      const page = await api.sessions.listSessions(request, signal ? { signal } : {});
      return { items: page.sessions, next: page.nextPageToken, searchedTo: dateOf(page.searchedTo) };
    },
  });
  const total = traffic.value?.total;
  const chosen = query.get('session');
  const open = paged.items?.find((item) => idOf(item) === chosen);
  const isFiltered = filters.some(Boolean);
  const query0 = new URLSearchParams(location.search);

  return (
    <Page
      name="Sessions"
      actions={
        <>
          <LiveSwitch />
          <RangePicker />
        </>
      }
    >
      <Figures
        label="This time range"
        figures={[
          { word: 'Sent', value: total && count(total.sends), note: 'messages, resends too' },
          { word: 'Approved', value: total && count(total.approvals), note: 'codes that were entered' },
          {
            word: 'Conversion',
            value: total && share(Number(total.approvals), Number(total.sends)),
            note: 'approved of sent',
          },
          {
            word: 'Failed',
            value: total && count(total.failed),
            note: 'given up by every provider',
            tone: total && total.failed > 0n ? 'bad' : undefined,
          },
          {
            word: 'Refused',
            value: total && count(total.refused),
            note: 'by a rule of the guard, never sent',
          },
        ]}
      />
      <Problem error={traffic.error} again={traffic.again} />
      <div class="split">
        <Card title={isDaily(range) ? 'Messages by the day' : 'Messages by the hour'}>
          {traffic.value ? (
            <HourBars steps={traffic.value.steps} isDaily={isDaily(range)} />
          ) : (
            <div class="skeleton tall" />
          )}
        </Card>
        <Card title="From asked to approved">
          {total ? (
            <Funnel
              steps={[
                { word: 'Asked for', n: Number(total.sends + total.refused) },
                {
                  word: 'Let through',
                  n: Number(total.sends),
                  note: `${count(total.refused)} refused by a rule`,
                },
                {
                  word: 'Taken by a provider',
                  n: Number(total.accepted),
                  note: `${count(total.failed)} failed`,
                },
                { word: 'Approved', n: Number(total.approvals) },
              ]}
            />
          ) : (
            <Skeleton rows={4} />
          )}
        </Card>
      </div>
      <Card isFlush>
        <Filters>
          <Chips
            label="Status"
            name="status"
            options={STATUSES.map(({ word }) => ({ value: word.toLowerCase(), word }))}
          />
          <Pick
            label="Channel"
            name="channel"
            options={CHANNELS.map(({ word }) => ({ value: word.toLowerCase(), word }))}
          />
          <Pick label="Delivery" name="delivery" options={optionsOf(DeliveryState)} />
          <details class="more-filters">
            <summary>More</summary>
            <Typed label="Purpose" name="purpose" />
            <Typed label="Country" name="country" />
            <Typed label="Provider" name="provider" />
            <Typed label="Key id" name="key" />
          </details>
          <span class="tally">
            {paged.items && `${count(paged.items.length)}${paged.hasMore ? '+' : ''} sessions`}
          </span>
          <Export name="sessions" columns={sessionFileColumns} load={paged.load} />
        </Filters>
        <div class={open ? 'beside' : undefined}>
          <div>
            <Table
              label="Sessions, newest first"
              columns={sessionColumns}
              paged={paged}
              idOf={idOf}
              chosen={chosen}
              href={(item) => {
                const next = new URLSearchParams(query0);
                if (idOf(item) === chosen) next.delete('session');
                else next.set('session', idOf(item));
                return `${location.pathname}?${next}`;
              }}
              empty={
                isFiltered ? (
                  <NothingMatches names={FILTERS} />
                ) : (
                  <Empty title="No sessions in this time" command={firstCommand()}>
                    Send a code from a terminal; its session appears here by itself.
                  </Empty>
                )
              }
            />
          </div>
          {open && <SessionPanel details={open} />}
        </div>
      </Card>
    </Page>
  );
}

const idOf = ({ session }: SessionDetails): string => session?.id ?? '';
