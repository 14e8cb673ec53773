import type { ChannelName } from '../domain/channels.js';
import type { Logger } from '../observe/log.js';
import type { Clock } from '../platform/clock.js';
import { withTimeLimit } from '../platform/timeLimit.js';
import type { StoredSession } from '../session/stored.js';
import { keyOf, type Message, type Provider } from './provider.js';

/** How long a provider is waited for: other messages wait behind this one. */
const WAIT_MS = 2_000;

interface Deps {
  readonly buildMessage: (session: StoredSession, channel: ChannelName) => Promise<Message>;
  readonly providerOf: (
    session: StoredSession,
    channel: ChannelName,
    name: string,
  ) => Promise<Provider | undefined>;
  readonly clock: Clock;
  readonly log: Logger;
}

/**
 * Asks providers for messages of a process that has ended. One that does not
 * respond is not asked again while one process is taken over: its messages are
 * sent once more, as those of providers that cannot be asked.
 */
export function createFindSent({ buildMessage, providerOf, clock, log }: Deps) {
  return () => {
    const silent = new Set<string>();
    return async (session: StoredSession, channel: ChannelName, name: string) => {
      const provider = await providerOf(session, channel, name);
      if (!provider?.find || silent.has(keyOf(provider))) return undefined;
      try {
        const vendorId = await withTimeLimit(clock, WAIT_MS, async (signal) =>
          provider.find?.(await buildMessage(session, channel), signal),
        );
        return vendorId === undefined ? undefined : { vendorId };
      } catch (err) {
        silent.add(keyOf(provider));
        log.warn(
          { err, provider: name },
          'a provider cannot be asked for the messages of a process that has ended',
        );
        return undefined;
      }
    };
  };
}
