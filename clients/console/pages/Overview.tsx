import { timestampFromDate } from '@bufbuild/protobuf/wkt';
import { StatsDimension } from '../../../gen/otp/admin/v1/stats_service_pb.js';
import { WalletService } from '../../../gen/otp/admin/v1/wallet_service_pb.js';
import { WebhookService } from '../../../gen/otp/admin/v1/webhook_service_pb.js';
import { Code } from '../../look/Copy.js';
import { Problem, Skeleton } from '../../look/States.js';
import { missing } from '../access.js';
import { api, inWorkspace, target } from '../api.js';
import { HourBars } from '../charts/HourBars.js';
import { count, money, share } from '../format.js';
import { useLoaded } from '../loading.js';
import { link, useQuery } from '../route.js';
import { isDaily, readTraffic } from '../stats.js';
import { Ago } from '../ui/Ago.js';
import { Figures } from '../ui/Facts.js';
import { Card, Page } from '../ui/Page.js';
import { Pill } from '../ui/Pill.js';
import { LiveSwitch, liveEvery, RangePicker, rangeOf } from '../ui/Range.js';
import { firstCommand } from './Sessions.js';

const ENOUGH = 10;
const n = (value: bigint | undefined): number => Number(value ?? 0n);

/** How it goes, and what needs attention. */
export function Overview() {
  const query = useQuery();
  const range = rangeOf(query);
  const scope = `${query.get('workspace')} ${query.get('mode')} ${range.name}`;
  const everyMs = liveEvery(query, 5_000);
  const traffic = useLoaded(`overview ${scope}`, (signal) => readTraffic(range, signal, true), everyMs);
  const before = useLoaded(`before ${scope}`, async (signal) => {
    const from = timestampFromDate(new Date(range.from.getTime() - range.ms));
    return (await api.stats.getStats({ ...target(), from, to: range.fromTime }, { signal })).total;
  });
  const countries = useLoaded(`countries ${scope}`, async (signal) => {
    const asked = { ...target(), from: range.fromTime, groupBy: [StatsDimension.COUNTRY] };
    const { rows } = await api.stats.getStats(asked, { signal });
    return rows
      .filter((row) => n(row.sends) >= ENOUGH)
      .toSorted((a, b) => a.conversion - b.conversion)
      .slice(0, 3);
  });
  const attention = useLoaded(`attention ${scope}`, readAttention, everyMs && 10_000);
  const total = traffic.value?.total;
  const change = (now: bigint | undefined, then: bigint | undefined) => {
    if (!now || !then) return undefined;
    const by = Math.round((n(now) / n(then) - 1) * 100);
    return `${by >= 0 ? '▲' : '▼'} ${Math.abs(by)}% against the time before`;
  };
  const isNew = traffic.value && total?.sends === 0n && before.value?.sends === 0n;
  return (
    <Page
      name="Overview"
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
          {
            word: 'Sent',
            value: total && count(total.sends),
            note: change(total?.sends, before.value?.sends),
          },
          {
            word: 'Approved',
            value: total && count(total.approvals),
            note: change(total?.approvals, before.value?.approvals),
          },
          {
            word: 'Conversion',
            value: total && share(n(total.approvals), n(total.sends)),
            note: 'approved of sent',
          },
          {
            word: 'Spend',
            value: total && money(total.spendMicros, attention.value?.wallet?.currency ?? ''),
          },
          {
            word: 'Failed',
            value: total && count(total.failed),
            tone: total && total.failed > 0n ? 'bad' : undefined,
          },
          { word: 'Refused', value: total && count(total.refused), note: 'by a rule of the guard' },
        ]}
      />
      <Problem error={traffic.error} again={traffic.again} />
      {isNew && <FirstSteps />}
      <div class="split">
        <Card title={isDaily(range) ? 'Messages by the day' : 'Messages by the hour'}>
          {traffic.value ? (
            <HourBars steps={traffic.value.steps} isDaily={isDaily(range)} />
          ) : (
            <div class="skeleton tall" />
          )}
        </Card>
        <Card title="Attention">
          <Problem error={attention.error} />
          {attention.value ? (
            <Attention found={attention.value} />
          ) : (
            !attention.error && <Skeleton rows={3} />
          )}
        </Card>
      </div>
      <Card title="Lowest conversion">
        {countries.value ? (
          countries.value.length > 0 ? (
            <ul class="lines">
              {countries.value.map((row) => (
                <li key={row.country}>
                  <a href={link('/sessions', { country: row.country })}>
                    {row.country || 'No country (e-mail)'}
                  </a>
                  <span class="num">{share(n(row.approvals), n(row.sends))}</span>
                  <span class="soft">of {count(row.sends)} messages</span>
                </li>
              ))}
            </ul>
          ) : (
            <p class="soft">No country had {ENOUGH} messages in this time.</p>
          )
        ) : (
          <Skeleton rows={3} />
        )}
      </Card>
    </Page>
  );
}

/** Only what the caller may read is asked for. */
async function readAttention(signal: AbortSignal) {
  const [wallet, endpoints] = await Promise.all([
    missing(WalletService.method.getWallet)
      ? undefined
      : api.wallet.getWallet(inWorkspace(), { signal }).then((response) => response.wallet),
    missing(WebhookService.method.listWebhookEndpoints)
      ? []
      : api.webhooks
          .listWebhookEndpoints({ ...target(), pageSize: 100 }, { signal })
          .then((response) => response.webhookEndpoints),
  ]);
  return { wallet, endpoints };
}

function Attention({ found }: { readonly found: Awaited<ReturnType<typeof readAttention>> }) {
  const failing = found.endpoints.filter((one) => one.failingSince !== undefined);
  const isEmpty = found.wallet?.enabled && found.wallet.balanceMicros <= 0n;
  if (failing.length === 0 && !isEmpty)
    return (
      <p>
        <Pill tone="ok">Nothing</Pill> <span class="soft">Webhooks are taken and credit lasts.</span>
      </p>
    );
  return (
    <ul class="lines">
      {isEmpty && (
        <li>
          <Pill tone="bad">Wallet empty</Pill> <a href={link('/wallet')}>Messages are not sent</a>
        </li>
      )}
      {failing.map(({ id, url, failingSince }) => (
        <li key={id}>
          <Pill tone="bad">Webhook fails</Pill> <a href={link(`/webhooks/${id}`)}>{new URL(url).hostname}</a>
          <span class="soft">
            since <Ago at={failingSince} />
          </span>
        </li>
      ))}
    </ul>
  );
}

const FirstSteps = () => (
  <Card title="Send a first code">
    <div class="stack">
      <p>Nothing was sent yet. These commands send a code, and verify the one that arrives.</p>
      <Code text={firstCommand()} />
      <Code
        text={`curl ${location.origin}/otp.v1.OtpService/Verify \\
  -H "Authorization: Bearer $COUNTERSIGN_KEY" \\
  -H 'Content-Type: application/json' \\
  -d '{"sessionId":"…","code":"…"}'`}
      />
    </div>
  </Card>
);
