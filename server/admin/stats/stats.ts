import type { ChannelName } from '../../domain/channels.js';
import type { Mode } from '../../domain/mode.js';
import { partitionOf } from '../../domain/principal.js';
import { codeClass } from '../../limits/recipientBudget/budgetLimits.js';
import type { Clock } from '../../platform/clock.js';
import { freshEvents } from '../../session/history.js';
import { sentAtOf } from '../../session/status.js';
import type { SessionEvent, StoredSession } from '../../session/stored.js';
import type { ChangeListener } from '../../store/changeListener.js';
import type { Counter } from './counter.js';
import type { Counts } from './stored.js';

/** The count of each length of code. */
export const CODES = { c4: 'codes4', c5: 'codes5', c6: 'codes6' } as const;

/** A refused message, as the guard reports it. */
interface RefusedSend {
  readonly workspace: string;
  readonly mode: Mode;
  readonly recipients: readonly { readonly channel: ChannelName; readonly country: string }[];
}

/** New messages of these channels are stored in the session. */
export type Sent = (session: StoredSession, channels: readonly ChannelName[]) => void;

/** Counts messages and their results. Nothing here waits or throws. */
export interface Stats {
  readonly sent: Sent;
  refused(refused: RefusedSend): void;
  /**
   * A session was inserted, or changed by this update: what is new in its history
   * is counted. Called by the store, so that code that changes a session need not
   * think of statistics.
   */
  readonly onSessionChange: ChangeListener<StoredSession>;
}

export function createStats(counter: Counter, clock: Clock): Stats {
  function count(session: StoredSession, channel: ChannelName, at: number, counts: Counts, provider = '') {
    const country = session.channels[channel]?.country ?? '';
    counter.add(session.partition, at, { channel, country, provider }, counts);
  }

  /**
   * Who the message of a channel ended with: counted when it was sent, as the send
   * is, so that the two meet in one hour.
   */
  function settle(session: StoredSession, channel: ChannelName, provider: string | undefined): void {
    const stored = session.channels[channel];
    if (stored) count(session, channel, sentAtOf(session, stored), { settled: 1 }, provider);
  }

  function countEvent(session: StoredSession, event: SessionEvent): void {
    const { channel, at, type, charge } = event;
    if (!channel) return;
    const ms = at.getTime();
    const { provider } = session.channels[channel]?.delivery ?? {};
    switch (type) {
      case 'session.partial':
      case 'session.approved':
        count(session, channel, ms, { approvals: 1 }, provider);
        break;
      case 'delivery.accepted':
        count(session, channel, ms, { accepted: 1 }, provider);
        settle(session, channel, provider);
        break;
      case 'delivery.delivered':
        count(session, channel, ms, { delivered: 1 }, provider);
        if (!wasAccepted(session, event)) settle(session, channel, provider);
        break;
      case 'delivery.failed':
        count(session, channel, ms, { failed: 1 }, provider);
        if (!wasAccepted(session, event)) settle(session, channel, provider);
        break;
      case 'unsent':
        count(session, channel, ms, { sends: -1 });
        break;
      case 'refund':
        count(session, channel, ms, { spendMicros: -(charge?.amount ?? 0) });
        break;
    }
  }

  return {
    sent(session, channels) {
      for (const channel of channels) {
        const stored = session.channels[channel];
        const amount = stored?.delivery.charge?.amount;
        const at = stored ? sentAtOf(session, stored) : clock.now();
        count(session, channel, at, {
          sends: 1,
          ...(amount && { spendMicros: amount }),
          [CODES[codeClass(session.codeLength)]]: 1,
          ...(session.source === undefined && { unidentified: 1 }),
        });
      }
    },

    refused({ workspace, mode, recipients }) {
      for (const { channel, country } of recipients) {
        const subject = { channel, country, provider: '' };
        counter.add(partitionOf({ workspace, mode }), clock.now(), subject, { refused: 1 });
      }
    },

    onSessionChange(session, update) {
      for (const event of freshEvents(session, update)) countEvent(session, event);
    },
  };
}

/** A message that was accepted is with its provider already; what is reported later does not count it there again. */
function wasAccepted({ events }: StoredSession, { id, type }: SessionEvent): boolean {
  const accepted = `delivery.accepted${id.slice(type.length)}`;
  return events.some((earlier) => earlier.id === accepted);
}
