import type { ChannelName } from '../../domain/channels.js';
import { Failure } from '../../errors.js';
import type { Logger } from '../../observe/log.js';
import type { Clock } from '../../platform/clock.js';
import { createGuard, type Guard, type Sending } from '../guard.js';
import { budgetsByPrefix } from '../guardedPhones.js';
import type { GuardSettings } from '../settings.js';
import type { GuardRule } from '../stored.js';
import type { Turn } from '../tally.js';
import { createMemoryTallies } from './memoryTallies.js';
import type { SentEvent, SentPhone, SentSession } from './sentMessages.js';

/** Events replayed in one turn. */
const TURN = 20;

interface Refused {
  refused: number;
  /** Those whose code was entered. */
  approved: number;
}

/** What a guard would have refused of messages that were sent. */
export interface Simulated extends Readonly<Refused> {
  readonly sends: number;
  readonly savedMicros: number;
  readonly rules: ReadonlyMap<GuardRule, Readonly<Refused>>;
}

interface Deps {
  readonly rules: GuardSettings;
  readonly priceOf: (workspace: string, channel: ChannelName) => Promise<number>;
  readonly log: Logger;
  /** Replays a part, when it is the caller's turn. */
  readonly turn: Turn;
  readonly signal: AbortSignal;
}

/** The messages that are replayed. */
interface Past {
  readonly workspace: string;
  readonly sessions: readonly SentSession[];
  /** What happened later is left out, milliseconds. */
  readonly to: number;
}

/** A session during the simulation. */
interface Replayed {
  readonly session: SentSession;
  /** The latest message of each channel. */
  readonly latest: Map<ChannelName, { readonly sentAt: number; readonly refusedBy: readonly GuardRule[] }>;
  /** What refused its Send. */
  refusedBy?: readonly GuardRule[];
}

/** Replays what happened to messages through a guard of its own, which counts in memory. */
export async function simulate({ workspace, sessions, to }: Past, deps: Deps): Promise<Simulated> {
  let now = 0;
  const known = new Set<string>();
  const guard = createSimulatedGuard(deps, { known, now: () => now });
  const result = { sends: 0, refused: 0, approved: 0, savedMicros: 0 };
  const rules = new Map<GuardRule, Refused>();
  const count = (refusedBy: readonly GuardRule[], by: keyof Refused) => {
    if (refusedBy.length === 0) return;
    result[by]++;
    for (const rule of refusedBy) {
      const counts = rules.get(rule) ?? { refused: 0, approved: 0 };
      counts[by]++;
      rules.set(rule, counts);
    }
  };

  async function send(replayed: Replayed, channels: readonly ChannelName[]): Promise<void> {
    const { session, latest } = replayed;
    const phones = session.phones.filter(({ channel }) => channels.includes(channel));
    const resend = replayed.refusedBy !== undefined;
    // A Send that is refused opens no session: nothing could be sent again.
    const refusedBy = replayed.refusedBy?.length
      ? replayed.refusedBy
      : await refusalOf(guard, sendingOf(workspace, session, { phones, resend }));
    replayed.refusedBy ??= refusedBy;
    for (const { channel } of phones) {
      latest.set(channel, { sentAt: now, refusedBy });
      result.sends++;
      count(refusedBy, 'refused');
      if (refusedBy.length > 0) result.savedMicros += session.price.get(channel) ?? 0;
    }
  }

  async function settle({ session, latest }: Replayed, kind: 'approved' | 'failed', phone: SentPhone) {
    const { channel, prefix, country, budget } = phone;
    const message = latest.get(channel);
    if (!message) return;
    if (message.refusedBy.length > 0) {
      if (kind === 'approved') count(message.refusedBy, 'approved');
      return;
    }
    if (kind === 'approved') known.add(budget);
    const { source } = session;
    await guard[kind]({ workspace, mode: 'live', prefix, country, source, sentAt: message.sentAt });
  }

  async function replay({ event, replayed }: { event: SentEvent; replayed: Replayed }): Promise<void> {
    now = event.at;
    if (event.kind === 'sent') return send(replayed, event.channels);
    const phone = replayed.session.phones.find(({ channel }) => channel === event.channel);
    if (phone) await settle(replayed, event.kind, phone);
  }

  const events = inOrder(sessions).filter(({ event }) => event.at < to);
  for (let from = 0; from < events.length; from += TURN) {
    deps.signal.throwIfAborted();
    // What has arrived meanwhile is served first.
    await new Promise(setImmediate);
    await deps.turn(async () => {
      for (const one of events.slice(from, from + TURN)) await replay(one);
    });
  }
  return { ...result, savedMicros: Math.round(result.savedMicros), rules };
}

/** The events of all sessions as they followed each other. */
function inOrder(sessions: readonly SentSession[]): { event: SentEvent; replayed: Replayed }[] {
  return sessions
    .flatMap((session) => {
      const replayed: Replayed = { session, latest: new Map() };
      return session.events.map((event) => ({ event, replayed }));
    })
    .sort((a, b) => a.event.at - b.event.at);
}

function createSimulatedGuard(
  { rules, priceOf, log }: Deps,
  { known, now }: { readonly known: ReadonlySet<string>; readonly now: () => number },
): Guard {
  const clock: Clock = { now, monotonic: now, after: () => () => {} };
  return createGuard({
    settings: { get: async () => rules, forget() {} },
    tallies: createMemoryTallies(),
    refused: () => {},
    priceOf,
    isKnown: async (_partition, budget) => known.has(budget),
    ask: async () => ({ kind: 'allowed' }),
    secretOf: (_workspace, sealed) => sealed,
    clock,
    log,
  });
}

/** The rules that refuse a send; none where it passes. */
async function refusalOf(guard: Guard, sending: Sending): Promise<readonly GuardRule[]> {
  try {
    await guard.enter(sending);
    return [];
  } catch (thrown) {
    if (!(thrown instanceof Failure) || thrown.reason !== 'SEND_REFUSED') throw thrown;
    return (thrown.details.rule ?? '').split(',') as GuardRule[];
  }
}

const sendingOf = (
  workspace: string,
  { id, source }: SentSession,
  { phones, resend }: { readonly phones: readonly SentPhone[]; readonly resend: boolean },
): Sending => ({
  workspace,
  mode: 'live',
  client: '',
  sessionId: id,
  resend,
  purpose: '',
  metadata: '{}',
  phones,
  source,
  budgets: budgetsByPrefix(phones),
});
