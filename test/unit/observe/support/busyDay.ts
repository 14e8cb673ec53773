import { wholeDay } from '../../../fault/support/wholeDay.js';
import { type Collector, startCollector } from '../../../support/collector.js';
import { connectJson } from '../../../support/connectJson.js';
import type { Engine } from '../../../support/engines.js';
import { eventually } from '../../../support/eventually.js';
import { ManualClock } from '../../../support/manualClock.js';
import { type Metric, parseExposition } from '../../../support/prometheus.js';
import { type RecordingSmtp, startRecordingSmtp } from '../../../support/recordingSmtp.js';
import { startService, type TestService } from '../../../support/service.js';
import { FIVE_CLIENTS } from '../../../wire/support/fiveClients.js';
import { webhook } from '../../gateway/support/callbacks/reporters.js';
import { responseAfter } from '../../gateway/support/callbacks/reporting.js';
import { type FailingOnce, failingOnce } from './failingOnce.js';
import { holdThreads } from './holdThreads.js';
import { remember } from './largest.js';

/** What was exported in a day. */
export interface BusyDay {
  /** Every series there ever was, with the largest number that was seen: much is there for a moment only. */
  readonly exported: ReadonlyMap<string, Metric>;
  end(): Promise<void>;
}

type Look = () => Promise<void>;

/**
 * A service in the middle of all that a metric is there for: everything that
 * callers do in a day, and each fault that has a metric of its own. A
 * new metric gets its occasion here, unless the day has it already.
 */
export async function busyDay(engine: Engine): Promise<BusyDay> {
  const clock = new ManualClock();
  const smtp = await startRecordingSmtp();
  const collector = await startCollector();
  const store = failingOnce(await engine.open({ clock }));
  const service = await startService({
    clock,
    documents: store.documents,
    droppedLines: 1,
    env: {
      OTP_HASH: 'argon2id',
      OTP_HASH_CONCURRENCY: '1',
      OTP_SMTP_URL: smtp.url,
      // Behind the mail server, which is asked first; it is there for what it reports.
      OTP_DELIVERY_WEBHOOK_URL: 'http://127.0.0.1:9',
      OTP_DELIVERY_WEBHOOK_SECRET: webhook.secret,
      OTP_DELIVERY_WEBHOOK_CHANNELS: 'email',
      OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
    },
  });
  const exported = new Map<string, Metric>();
  const look = async () => remember(exported, await scrape(service));

  await wholeDay(service, smtp);
  await everyProtocol(service);
  await moreHashesThanMayWait(service, look);
  await aProviderThatIsSilent(service, smtp, look);
  await aStoreThatFails(service, store);
  await aReportOnAnUnknownMessage(service);
  await moreThanALimitAllows(service);
  await aCollectorThatIsAway(service, collector, look);
  await endpointsThatTakeNothing(service);
  // The clock is set, and set right again.
  clock.step(10_000);
  clock.advance(1_000);
  clock.step(-10_000);
  await look();
  return {
    exported,
    async end() {
      await service.stop();
      await smtp.close();
      await collector.close();
    },
  };
}

/** What /metrics returns now. */
export const scrape = async ({ baseUrl }: Pick<TestService, 'baseUrl'>): Promise<Map<string, Metric>> =>
  parseExposition(await (await fetch(`${baseUrl}/metrics`)).text());

async function everyProtocol({ baseUrl, testKey }: TestService): Promise<void> {
  for (const { connect } of FIVE_CLIENTS) {
    const client = connect(baseUrl, testKey);
    await client.otp.send({ recipients: { email: 'someone@example.com' } });
    client.close();
  }
}

/** More than the 256 places besides the hash that runs, of which one workspace gets a share. */
async function moreHashesThanMayWait({ baseUrl, testKey }: TestService, look: Look): Promise<void> {
  const call = connectJson(baseUrl, testKey);
  const release = holdThreads();
  let refuse = () => {};
  const refused = new Promise<void>((resolve) => {
    refuse = resolve;
  });
  const sends = Array.from({ length: 1 + 256 + 1 }, async (_, n) => {
    const recipients = { email: `flood${n}@example.com` };
    if ((await call('otp.v1.OtpService/Send', { recipients })).reason === 'OVERLOADED') refuse();
  });
  await refused;
  await look();
  await release();
  await Promise.all(sends);
}

async function aProviderThatIsSilent(service: TestService, smtp: RecordingSmtp, look: Look): Promise<void> {
  const { baseUrl, liveKey, clock } = service;
  // After the failures of the day it is left alone for a while.
  clock.advance(300_000);
  const before = smtp.reached('rcpt');
  smtp.misbehave('rcpt', 'silence');
  await connectJson(baseUrl, liveKey)('otp.v1.OtpService/Send', {
    recipients: { email: 'slow@example.com' },
  });
  await eventually(() => smtp.reached('rcpt') > before);
  clock.advance(2_000);
  await look();
  smtp.misbehave('rcpt', undefined);
}

async function aStoreThatFails({ baseUrl, liveKey }: TestService, store: FailingOnce): Promise<void> {
  store.failNext();
  const sent = await connectJson(baseUrl, liveKey)('otp.v1.OtpService/Send', {
    recipients: { email: 'unlucky@example.com' },
  });
  if (sent.status !== 200) throw new Error(`the session was not stored: ${sent.reason}`);
}

async function aReportOnAnUnknownMessage({ baseUrl, clock }: TestService): Promise<void> {
  const body = webhook.report('unknown', 'delivered');
  const signed = webhook.sign({ body, secret: webhook.secret, at: clock.now(), address: '' });
  const headers = { 'content-type': webhook.mediaType, ...signed };
  const response = fetch(`${baseUrl}/callbacks/webhook`, { method: 'POST', headers, body });
  await responseAfter(clock, response);
}

async function moreThanALimitAllows({ baseUrl, liveKey }: TestService): Promise<void> {
  const call = connectJson(baseUrl, liveKey);
  const send = () => call('otp.v1.OtpService/Send', { recipients: { email: 'popular@example.com' } });
  while ((await send()).reason !== 'RATE_LIMITED');
}

const DAY_MS = 86_400_000;

/** The endpoints of the day have no receiver any more. */
async function endpointsThatTakeNothing(service: TestService): Promise<void> {
  const { baseUrl, liveKey, clock } = service;
  const counted = async (name: string, labels: object = {}) =>
    (await scrape(service))
      .get(name)
      ?.series.some(
        (one) => Object.entries(labels).every(([label, is]) => one.labels[label] === is) && one.value > 0,
      );
  clock.advance(DAY_MS);
  await eventually(() => {
    clock.advance(1_000);
    return counted('countersign_webhook_events_given_up_total');
  });
  clock.advance(2 * DAY_MS);
  await connectJson(baseUrl, liveKey)('otp.v1.OtpService/Send', {
    recipients: { email: 'last@example.com' },
  });
  await eventually(() => {
    clock.advance(1_000);
    return counted('countersign_webhook_endpoints_disabled_total', { reason: 'FAILING' });
  });
}

async function aCollectorThatIsAway(service: TestService, collector: Collector, look: Look): Promise<void> {
  collector.behave(400);
  const refused = collector.requests.length;
  await connectJson(service.baseUrl, service.liveKey)('otp.v1.OtpService/ListSessions', {});
  await eventually(() => collector.requests.length > refused);
  await look();
  collector.behave('well');
}
