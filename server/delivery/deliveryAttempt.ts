import type { ChannelName } from '../domain/channels.js';
import type { Logger } from '../observe/log.js';
import type { Metrics } from '../observe/metrics/index.js';
import { inSpan, type Tracing } from '../observe/tracing.js';
import type { Clock } from '../platform/clock.js';
import type { StoredSession } from '../session/stored.js';
import { idOf } from '../store/documentId.js';
import type { Pass } from './breakers.js';
import type { Message, Outcome, Provider } from './provider.js';

/** What every try stands on. */
export interface AttemptParts {
  /** Opens the sealed code and address and renders the message. */
  readonly compose: (session: StoredSession, channel: ChannelName) => Promise<Message>;
  readonly clock: Clock;
  readonly metrics: Pick<Metrics, 'deliveryTries' | 'providerSeconds'>;
  readonly tracing?: Tracing | undefined;
  readonly log: Logger;
}

/** One try: who makes it, until when, and whether it tells something about the provider. */
export interface Attempt {
  readonly channel: ChannelName;
  readonly provider: Provider;
  readonly pass: Pass;
  /** The provider's time is over, milliseconds. */
  readonly until: number;
  /** The code is over, milliseconds. */
  readonly expiresAt: number;
}

/** Gives one message to one provider, once, in the time there is for it. Never throws. */
export function createAttempt({ compose, clock, metrics, tracing, log }: AttemptParts) {
  async function outcomeOf(session: StoredSession, { channel, provider, until, expiresAt }: Attempt) {
    const limit = new AbortController();
    const late = new Promise<Outcome>((resolve) => {
      limit.signal.addEventListener('abort', () => resolve({ kind: 'retry', error: 'TIMEOUT' }));
    });
    // A code that arrives after its end helps nobody, so no try goes on that long.
    const giveUpAt = Math.min(until, expiresAt);
    const cancel = clock.after(giveUpAt - clock.now(), () => limit.abort());
    try {
      const message = await compose(session, channel);
      // Composing asks the store, which may have taken its time.
      if (limit.signal.aborted || clock.now() >= giveUpAt) return undefined;
      const startedAt = performance.now();
      const outcome = await Promise.race([provider.send(message, limit.signal), late]);
      metrics.providerSeconds.observe({ provider: provider.name }, (performance.now() - startedAt) / 1e3);
      return outcome;
    } catch (error) {
      log.warn({ err: error, session: session._id, channel, provider: provider.name }, 'provider threw');
      return { kind: 'retry', error: 'PROVIDER_FAULT' } as const;
    } finally {
      cancel();
    }
  }

  return async (session: StoredSession, mine: Attempt): Promise<Outcome> => {
    const { channel, provider } = mine;
    const about = { 'countersign.provider': provider.name, 'countersign.channel': channel };
    return inSpan(tracing, ['deliver', 'client', about, session.trace], async (span) => {
      const outcome = await outcomeOf(session, mine);
      judge(mine, outcome, clock.now());
      const told: Outcome = outcome ?? { kind: 'retry', error: 'TIMEOUT' };
      metrics.deliveryTries.add({ provider: provider.name, channel, outcome: told.kind });
      span?.set({
        'countersign.outcome': told.kind,
        'countersign.session': idOf(session),
      });
      return told;
    });
  };
}

/** What an outcome says about the provider itself. */
function judge({ pass, until }: Attempt, outcome: Outcome | undefined, now: number): void {
  if (!outcome || (outcome.kind === 'failed' && outcome.error === 'MISCONFIGURED')) pass.unused();
  else if (outcome.kind !== 'retry' || outcome.aboutMessage) pass.worked();
  // Cut short because the code was over, it may have been about to answer.
  else if (outcome.error === 'TIMEOUT' && now < until) pass.unused();
  else pass.faulted();
}
