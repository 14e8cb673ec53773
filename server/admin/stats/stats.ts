import type { ChannelName } from '../../domain/channels.js';
import type { Mode } from '../../domain/mode.js';
import { partitionOf } from '../../domain/principal.js';
import { codeClass } from '../../limits/recipientBudget/budgetLimits.js';
import type { Clock } from '../../platform/clock.js';
import { freshEvents } from '../../session/history.js';
import { sentAtOf } from '../../session/status.js';
import type { StoredSession } from '../../session/stored.js';
import type { SessionEvent } from '../../session/storedEvents.js';
import type { ChangeListener } from '../../store/changeListener.js';
import type { Counted, Counter } from './counter.js';
import type { BoundPart, Part } from './parts.js';

/** The count of each length of code. */
export const CODES = { c4: 'codes4', c5: 'codes5', c6: 'codes6' } as const;

/** A refused message, as the guard reports it. */
interface RefusedSend {
  readonly workspace: string;
  readonly mode: Mode;
  readonly client: string;
  /** Of a resend. */
  readonly sessionId?: string;
  readonly purpose: string;
  readonly recipients: readonly { readonly channel: ChannelName; readonly country: string }[];
}

/** A message that anything refused; see admin/refusals. */
interface RefusedMessage {
  readonly partition: string;
  readonly client: string;
  readonly channel?: ChannelName;
  readonly country?: string;
  readonly reason: string;
  readonly rule: string;
}

/** New messages of these channels are stored in the session. */
export type Sent = (session: StoredSession, channels: readonly ChannelName[]) => void;

/** Counts messages and their results. Nothing here waits or throws. */
export interface Stats {
  readonly sent: Sent;
  /** The guard refused messages. */
  refused(refused: RefusedSend): void;
  /** Anything refused messages. */
  refusedTotal(refused: readonly RefusedMessage[], purpose: string): void;
  /** A wrong code was compared. */
  wrongCode(session: StoredSession, channel: ChannelName): void;
  /**
   * A session was inserted, or changed by this update: what is new in its history
   * is counted. Called by the store, so that code that changes a session need not
   * think of statistics.
   */
  readonly onSessionChange: ChangeListener<StoredSession>;
}

interface Deps {
  readonly counter: Pick<Counter, 'add'>;
  readonly boundPart: BoundPart;
  readonly clock: Clock;
}

type Noted = Pick<Counted, 'counts' | 'took'> & {
  readonly at: number;
  readonly provider?: string | undefined;
  readonly parts?: readonly Part[];
};

export function createStats({ counter, boundPart, clock }: Deps): Stats {
  function count(session: StoredSession, channel: ChannelName, noted: Noted): void {
    const { partition, purpose, client, locale } = session;
    const { at, counts, took, provider = '', parts = [] } = noted;
    const country = session.channels[channel]?.country ?? '';
    const all: Part[] = [...partsOf({ purpose, client, locale }), ...parts];
    counter.add(partition, {
      at,
      subject: { channel, country, provider },
      counts,
      took,
      parts: all.map((part) => boundPart(partition, part)),
    });
  }

  /**
   * Who the message of a channel ended with: counted when it was sent, as the send
   * is, so that the two meet in one hour.
   */
  function settle(session: StoredSession, channel: ChannelName, provider: string | undefined): void {
    const stored = session.channels[channel];
    if (stored) count(session, channel, { at: sentAtOf(session, stored), counts: { settled: 1 }, provider });
  }

  function countEvent(session: StoredSession, event: SessionEvent): void {
    const { channel, at, type, charge } = event;
    const stored = channel && session.channels[channel];
    if (!channel || !stored) return;
    const ms = at.getTime();
    const { provider, freedAt } = stored.delivery;
    const from = { at: ms, provider };
    switch (type) {
      case 'session.partial':
      case 'session.approved': {
        const took = { approval: ms - session.createdAt.getTime() };
        count(session, channel, { counts: { approvals: 1 }, took, ...from });
        break;
      }
      case 'delivery.accepted':
        count(session, channel, { counts: { accepted: 1 }, ...from });
        settle(session, channel, provider);
        break;
      case 'delivery.delivered': {
        const took = { delivery: ms - (freedAt?.getTime() ?? sentAtOf(session, stored)) };
        count(session, channel, { counts: { delivered: 1 }, took, ...from });
        if (!wasAccepted(session, event)) settle(session, channel, provider);
        break;
      }
      case 'delivery.failed':
        count(session, channel, {
          counts: { failed: 1 },
          ...from,
          parts: [{ by: 'deliveryError', value: event.error ?? stored.delivery.error ?? '' }],
        });
        if (!wasAccepted(session, event)) settle(session, channel, provider);
        break;
      case 'unsent':
        count(session, channel, { at: ms, counts: { sends: -1 } });
        break;
      case 'refund':
        count(session, channel, { at: ms, counts: { spendMicros: -(charge?.amount ?? 0) } });
        break;
    }
  }

  return {
    sent(session, channels) {
      for (const channel of channels) {
        const stored = session.channels[channel];
        const amount = stored?.delivery.charge?.amount;
        const at = stored ? sentAtOf(session, stored) : clock.now();
        count(session, channel, { at, counts: { sends: 1, ...(amount && { spendMicros: amount }) } });
        counter.add(session.partition, {
          at,
          subject: { channel, country: stored?.country ?? '', provider: '' },
          counts: {
            [CODES[codeClass(session.codeLength)]]: 1,
            ...(session.source === undefined && { unidentified: 1 }),
          },
        });
      }
    },

    refused({ workspace, mode, client, sessionId, purpose, recipients }) {
      const partition = partitionOf({ workspace, mode });
      // A session token's client is its session.
      const parts = partsOf({ purpose, client: client === sessionId ? '' : client, locale: '' });
      for (const { channel, country } of recipients) {
        counter.add(partition, {
          at: clock.now(),
          subject: { channel, country, provider: '' },
          counts: { refused: 1 },
          parts: parts.map((part) => boundPart(partition, part)),
        });
      }
    },

    refusedTotal(refused, purpose) {
      for (const { partition, client, channel = '', country = '', rule, reason } of refused) {
        const parts = [
          ...partsOf({ purpose, client, locale: '' }),
          { by: 'refusal' as const, value: rule || reason },
        ];
        counter.add(partition, {
          at: clock.now(),
          subject: { channel, country, provider: '' },
          counts: { refusedTotal: 1 },
          parts: parts.map((part) => boundPart(partition, part)),
        });
      }
    },

    wrongCode(session, channel) {
      const provider = session.channels[channel]?.delivery.provider;
      count(session, channel, { at: clock.now(), counts: { wrongCodes: 1 }, provider });
    },

    onSessionChange(session, update) {
      for (const event of freshEvents(session, update)) countEvent(session, event);
    },
  };
}

/** What a session's messages are counted by besides. */
const partsOf = (of: Pick<StoredSession, 'purpose' | 'client' | 'locale'>): Part[] => [
  { by: 'purpose', value: of.purpose },
  { by: 'apiKey', value: of.client },
  { by: 'locale', value: of.locale },
];

/** A message that was accepted is with its provider already; what is reported later does not count it there again. */
function wasAccepted({ events }: StoredSession, { id, type }: SessionEvent): boolean {
  const accepted = `delivery.accepted${id.slice(type.length)}`;
  return events.some((earlier) => earlier.id === accepted);
}
