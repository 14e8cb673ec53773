import type { Clock } from '../clock.js';
import type { ChannelName } from '../domain/channels.js';
import type { StoredSession } from '../domain/session.js';
import type { Logger } from '../observe/log.js';
import type { Pass } from './breakers.js';
import type { Message, Outcome, Provider } from './provider.js';

interface Options {
  /** Opens the sealed code and address and renders the message. */
  readonly compose: (session: StoredSession, channel: ChannelName) => Promise<Message>;
  readonly clock: Clock;
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
export function createAttempt({ compose, clock, log }: Options) {
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
      return await Promise.race([provider.send(message, limit.signal), late]);
    } catch (error) {
      log.warn({ err: error, session: session._id, channel, provider: provider.name }, 'provider threw');
      return { kind: 'retry', error: 'PROVIDER_FAULT' } as const;
    } finally {
      cancel();
    }
  }

  return async (session: StoredSession, mine: Attempt): Promise<Outcome> => {
    const outcome = await outcomeOf(session, mine);
    judge(mine, outcome, clock.now());
    return outcome ?? { kind: 'retry', error: 'TIMEOUT' };
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
