import { pino } from 'pino';
import { onTestFinished } from 'vitest';
import { composeWebhooks } from '../../../../server/compose/webhooks.js';
import { createIds } from '../../../../server/domain/ids.js';
import { createMetrics } from '../../../../server/observe/metrics/index.js';
import type { OutboundRequest, OutboundResponse } from '../../../../server/outbound/outbound.js';
import type { Clock } from '../../../../server/platform/clock.js';
import { createEncryption } from '../../../../server/secrets/encryption.js';
import type { StoredSession } from '../../../../server/session/stored.js';
import type { SessionEvent, ShownEventType } from '../../../../server/session/storedEvents.js';
import { splitLast } from '../../../../server/store/documentId.js';
import type { Documents } from '../../../../server/store/documents.js';
import { newSecret } from '../../../../server/webhooks/endpointSecrets.js';
import type {
  StoredAttempt,
  StoredEndpoint,
  StoredWebhookDelivery,
} from '../../../../server/webhooks/stored.js';
import type { TestStore } from '../../../support/engines.js';
import { fixedKeys } from '../../../support/fixedKeys.js';
import { ManualClock } from '../../../support/manualClock.js';
import { oneProcess } from '../../../support/oneProcess.js';
import { seededRandom } from '../../../support/seededRandom.js';

/** What an endpoint received. */
export interface ReceivedRequest {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  readonly signal: AbortSignal;
  /** When, milliseconds. */
  readonly at: number;
}

/** How an endpoint responds; what is thrown is how a call without a response ends. */
export type EndpointBehaviour = (
  arrival: ReceivedRequest,
) => Promise<Partial<OutboundResponse>> | Partial<OutboundResponse>;

export const OK: EndpointBehaviour = () => ({ status: 200 });
export const BROKEN: EndpointBehaviour = () => ({ status: 500 });

let processes = 0;

/** One process's webhooks on a store, whose calls reach the test. */
export async function startWebhookProcess(
  store: TestStore,
  { clock = new ManualClock(), change = (documents: Documents) => documents } = {},
) {
  const documents = change(await store.open());
  const random = seededRandom(`rig ${processes++}`);
  const newId = createIds(clock as Clock, random);
  const encryption = createEncryption(fixedKeys('encryption'), random);
  const metrics = createMetrics();
  const lines: string[] = [];
  const log = pino({ level: 'debug' }, { write: (line: string) => lines.push(line) });
  const arrivals: ReceivedRequest[] = [];
  let behaviour: EndpointBehaviour = OK;
  const offered: StoredWebhookDelivery[] = [];
  const hooks = composeWebhooks({
    documents,
    secrets: { encryption },
    outbound: {
      faultOf: () => undefined,
      async post({ url, headers, body, signal }: OutboundRequest) {
        const arrival = { url, headers, body, signal, at: clock.now() };
        arrivals.push(arrival);
        return { status: 0, headers: {}, body: '', ...(await behaviour(arrival)) };
      },
      close() {},
    },
    offer: (line) => offered.push(line),
    clock,
    random,
    processes: oneProcess(),
    metrics,
    log,
  });
  const endpoints = documents.collection<StoredEndpoint>('webhooks');
  const deliveries = documents.collection<StoredWebhookDelivery>('webhookDeliveries');
  const due = () =>
    deliveries.find({ dueAt: { $lte: new Date(clock.now()) } }, { sort: { dueAt: 1 } }).toArray();
  async function deliver(first: StoredWebhookDelivery): Promise<void> {
    const jobs = [first];
    for (let next = jobs.shift(); next; next = jobs.shift())
      await hooks.deliver(next, (again) => jobs.push(again));
  }

  onTestFinished(() => {
    behaviour = OK;
  });
  return {
    clock,
    documents,
    hooks,
    endpoints,
    deliveries,
    arrivals,
    offered,
    metrics,
    logged: () => lines.join(''),
    /** Ids of the events that came, in the order in which they did. */
    came: () => arrivals.map(({ headers }) => headers['webhook-id']!),
    respond(how: EndpointBehaviour) {
      behaviour = how;
    },
    newId,
    /** Registers an endpoint; gives its document and its secret. */
    async endpoint(more: Partial<StoredEndpoint> = {}) {
      const _id = `acme.live/${newId()}`;
      const { secret, stored } = newSecret(encryption, random, _id);
      const endpoint: StoredEndpoint = {
        _id,
        url: 'https://hooks.acme.example/otp',
        eventTypes: [],
        description: '',
        secrets: [stored],
        createdAt: new Date(clock.now()),
        ...more,
      };
      await endpoints.insertOne(endpoint);
      hooks.webhooks.forget('acme.live');
      return { ...endpoint, secret };
    },
    endpointNow: async ({ _id }: { _id: string }) => (await endpoints.findOne({ _id }))!,
    lineOf: ({ _id }: { _id: string }, session: StoredSession) =>
      deliveries.findOne({ _id: `${_id}/${splitLast(session._id)[1]}` }),
    due,
    /** Works off what is due now, as the queue does. */
    async work() {
      for (let found = await due(); found.length > 0; found = await due())
        for (const line of found) await deliver(line);
    },
    /** One document of the queue, until nothing of it is due. */
    deliver,
  };
}

export type WebhookProcess = Awaited<ReturnType<typeof startWebhookProcess>>;

/** A session that things happen to, in so far as webhooks look at it. */
export function newSession(
  { newId }: Pick<WebhookProcess, 'newId'>,
  more: Partial<StoredSession> = {},
): StoredSession {
  return {
    _id: `acme/${newId()}`,
    partition: 'acme.live',
    mode: 'live',
    status: 'PENDING',
    notify: true,
    purpose: 'login',
    attemptsLeft: 3,
    metadata: '{}',
    channels: { email: { masked: 'a***e@example.com' }, sms: { masked: '+57 300 *** ** 42' } },
    expiresAt: new Date(Date.UTC(2100, 0)),
    purgeAt: new Date(Date.UTC(2100, 1)),
    ...more,
  } as StoredSession;
}

const TYPES: readonly ShownEventType[] = ['delivery.accepted', 'session.partial', 'session.approved'];

/** The n-th event of a session. */
export const eventAt = (
  { clock }: Pick<WebhookProcess, 'clock'>,
  index: number,
  more: Partial<SessionEvent> = {},
): SessionEvent => ({
  id: `event.${index}`,
  type: TYPES[index % TYPES.length]!,
  at: new Date(clock.now()),
  channel: 'email',
  ...more,
});

/** Publishes events of a session and gives their ids, as endpoints see them. */
export async function publish(
  rig: WebhookProcess,
  session: StoredSession,
  ...indexes: number[]
): Promise<string[]> {
  for (const index of indexes) await rig.hooks.webhooks.publish(session, eventAt(rig, index), index);
  const [, id] = splitLast(session._id);
  const events = await rig.documents
    .collection<{ _id: string; session: string; index: number }>('events')
    .find({ _id: { $gte: 'acme.live/', $lt: 'acme.live0' } }, { sort: { _id: 1 } })
    .toArray();
  return events
    .filter((event) => event.session === id && indexes.includes(event.index))
    .map(({ _id }) => splitLast(_id)[1]);
}

/** Waits between attempts, milliseconds. */
export const waitsOf = (attempts: readonly Pick<StoredAttempt, 'at'>[]): number[] =>
  attempts.slice(1).map(({ at }, before) => at.getTime() - attempts[before]!.at.getTime());

/** Lets time pass to the next due event until none is left. Returns the arrival times. */
export async function untilNothingWaits(rig: WebhookProcess): Promise<void> {
  for (;;) {
    await rig.work();
    const [next] = await rig.deliveries
      .find({ dueAt: { $gt: new Date(0) } }, { sort: { dueAt: 1 }, limit: 1 })
      .toArray();
    if (!next) return;
    rig.clock.advance(next.dueAt!.getTime() - rig.clock.now());
  }
}
