import type { ChannelName } from '../domain/channels.js';
import type { Logger } from '../observe/log.js';
import type { Metrics } from '../observe/metrics/index.js';
import { inSpan, type Tracing } from '../observe/tracing.js';
import type { Clock } from '../platform/clock.js';
import type { StoredSession } from '../session/stored.js';
import { idOf } from '../store/documentId.js';
import type { Pass } from './breakers.js';
import type { Marks } from './marks.js';
import { labelOf, type Message, type Outcome, type Provider } from './provider.js';
import type { FinalError } from './words.js';

/** What every delivery attempt needs. */
export interface DeliveryAttemptDeps {
  /** Opens the sealed code and address and renders the message. */
  readonly buildMessage: (session: StoredSession, channel: ChannelName) => Promise<Message>;
  readonly marks: Marks;
  readonly clock: Clock;
  readonly metrics: Pick<Metrics, 'deliveryAttempts' | 'providerSeconds'>;
  readonly tracing?: Tracing | undefined;
  readonly log: Logger;
}

/**
 * One delivery attempt: with which provider, and until when. `pass` takes what
 * it shows about the provider.
 */
export interface DeliveryAttempt {
  readonly channel: ChannelName;
  readonly provider: Provider;
  readonly pass: Pass;
  /** The id of the lease it is made under. */
  readonly lease: string;
  /** When the provider's time limit ends, milliseconds. */
  readonly until: number;
  /** When the code expires, milliseconds. */
  readonly expiresAt: number;
}

/** Sends one message to one provider, once, within its time limit. Never throws. */
export function createDeliveryAttempt(deps: DeliveryAttemptDeps) {
  const { buildMessage, marks, clock, metrics, tracing, log } = deps;

  async function outcomeOf(session: StoredSession, attempt: DeliveryAttempt) {
    const { channel, provider, lease, until, expiresAt } = attempt;
    const limit = new AbortController();
    const late = new Promise<Outcome>((resolve) => {
      limit.signal.addEventListener('abort', () => resolve({ kind: 'retry', error: 'TIMEOUT' }));
    });
    // A code that arrives after it has expired is of no use, so no attempt lasts longer.
    const giveUpAt = Math.min(until, expiresAt);
    const cancel = clock.after(giveUpAt - clock.now(), () => limit.abort());
    try {
      const message = await buildMessage(session, channel);
      // Building the message reads the store, which may have been slow.
      if (limit.signal.aborted || clock.now() >= giveUpAt) return undefined;
      const startedAt = performance.now();
      marks.begin(lease, provider.name);
      const outcome = await Promise.race([provider.send(message, limit.signal), late]);
      if (outcome.kind === 'accepted') marks.accepted(lease, outcome.vendorId);
      metrics.providerSeconds.observe({ provider: labelOf(provider) }, (performance.now() - startedAt) / 1e3);
      return outcome;
    } catch (error) {
      log.warn({ err: error, session: session._id, channel, provider: provider.name }, 'provider threw');
      return { kind: 'retry', error: 'PROVIDER_FAULT' } as const;
    } finally {
      cancel();
    }
  }

  return async (session: StoredSession, mine: DeliveryAttempt): Promise<Outcome> => {
    const { channel, provider } = mine;
    const about = { 'countersign.provider': provider.name, 'countersign.channel': channel };
    return inSpan(tracing, ['deliver', 'client', about, session.trace], async (span) => {
      const outcome = await outcomeOf(session, mine);
      judge(mine, outcome, clock.now());
      const recorded: Outcome = outcome ?? { kind: 'retry', error: 'TIMEOUT' };
      metrics.deliveryAttempts.add({ provider: labelOf(provider), channel, outcome: recorded.kind });
      span?.set({
        'countersign.outcome': recorded.kind,
        'countersign.session': idOf(session),
      });
      return recorded;
    });
  };
}

/** Reports to the circuit breaker what an outcome shows about the provider itself. */
function judge({ pass, until }: DeliveryAttempt, outcome: Outcome | undefined, now: number): void {
  if (!outcome) pass.unused();
  else if (outcome.kind === 'failed') judgeFinal(pass, outcome.error);
  else if (outcome.kind !== 'retry' || outcome.aboutMessage) pass.worked();
  // Cut short because the code expired, the provider may have been about to respond.
  else if (outcome.error === 'TIMEOUT' && now < until) pass.unused();
  else pass.faulted();
}

function judgeFinal(pass: Pass, error: FinalError): void {
  // An account that is not set up or has used up its quota shows nothing about the provider.
  if (error === 'MISCONFIGURED' || error === 'QUOTA_EXCEEDED') pass.unused();
  else if (error === 'TLS_FAILED') pass.faulted();
  else pass.worked();
}
