import type { ChannelName } from '../domain/channels.js';
import type { Logger } from '../observe/log.js';
import type { Metrics } from '../observe/metrics/index.js';
import type { Clock } from '../platform/clock.js';
import { changeGuarded } from '../session/change.js';
import { settled } from '../session/messages.js';
import { channelsOf } from '../session/status.js';
import type { StoredSession } from '../session/stored.js';
import type { StoredDelivery } from '../session/storedDelivery.js';
import { updateMessages, vendorKey } from '../session/transitions/updateMessages.js';
import type { Collection } from '../store/documents.js';
import { ACCOUNT_LABEL } from './provider.js';
import type { VendorResponse } from './vendorResponse.js';
import type { ReportedError } from './words.js';

/** Reports of one receipt that are stored at once: the others wait, and what else the process does goes on. */
const AT_ONCE = 8;
/** A receipt with more reports is of messages that were sent a while ago: none of them is looked up again. */
const FEW = 10;

/** Waits before an unknown message is looked up again: altogether less than vendors wait for a response. */
const LOOK_AGAIN_MS = [500, 1_500] as const;

/** A delivery receipt: a vendor's report on a message that it had accepted. */
export interface Report {
  readonly provider: string;
  /** Of a workspace's own account, which then is the provider: it reports on messages of its own alone. */
  readonly account?: { readonly name: string; readonly key: string };
  /** The message, as `Outcome` named it when it was accepted. */
  readonly vendorId: string;
  readonly end:
    | { readonly state: 'DELIVERED' }
    | { readonly state: 'FAILED'; readonly error: ReportedError; readonly vendor?: VendorResponse };
}

/** Stores the receipts of one callback. Any of them may have been received before. */
export type TakeReports = (reports: readonly Report[]) => Promise<void>;

interface Deps {
  readonly sessions: Collection<StoredSession>;
  /** Called with each session that changed: it may have a message or an event due. */
  readonly changed: (session: StoredSession) => void;
  readonly clock: Clock;
  readonly metrics: Pick<Metrics, 'deliveryReports'>;
  readonly log: Logger;
}

/**
 * Stores delivery receipts. A receipt only ever ends a message that is ACCEPTED,
 * by a guarded change, so one that is repeated, late or out of order changes
 * nothing.
 */
export function createTakeReports({ sessions, changed, clock, metrics, log }: Deps): TakeReports {
  /** A vendor may send the first receipt before its id for the message has been received and stored. */
  async function find(
    { provider, account, vendorId }: Report,
    waits: readonly number[],
  ): Promise<StoredSession | null> {
    const filter = { vendorIds: vendorKey(account?.key ?? provider, vendorId) };
    let found = await sessions.findOne(filter);
    for (const wait of waits) {
      if (found) break;
      await new Promise<void>((resolve) => clock.after(wait, resolve));
      found = await sessions.findOne(filter);
    }
    return found;
  }

  async function take(
    report: Report,
    waits: readonly number[],
  ): Promise<'delivered' | 'failed' | 'unchanged' | 'unknown'> {
    const found = await find(report, waits);
    const taken =
      found &&
      (await changeGuarded(sessions, found, (seen) => {
        const now = clock.now();
        const ended = endedBy(report, seen, now);
        return ended && updateMessages(ended, now);
      }));
    if (!taken) return 'unknown';
    if (!taken.changed) return 'unchanged';
    const { end } = report;
    const provider = nameIn(report);
    const channel = messageOf(report, taken.session)?.[0];
    const error = 'error' in end ? end.error : undefined;
    log.info(
      { session: taken.session._id, channel, provider, delivery: end.state, error },
      'delivery report',
    );
    changed(taken.session);
    return end.state === 'DELIVERED' ? 'delivered' : 'failed';
  }

  return async (reports) => {
    const different = [...new Map(reports.map((one) => [JSON.stringify(one), one])).values()];
    const waits = different.length > FEW ? [] : LOOK_AGAIN_MS;
    let next = 0;
    const storeSome = async () => {
      for (let report = different[next++]; report; report = different[next++]) {
        const provider = report.account ? ACCOUNT_LABEL : report.provider;
        metrics.deliveryReports.add({ provider, outcome: await take(report, waits) });
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, storeSome));
  };
}

/** The message a report is about; undefined where another has replaced it. */
const messageOf = (report: Report, session: StoredSession) =>
  channelsOf(session).find(
    ([, { delivery }]) => delivery.provider === nameIn(report) && delivery.vendorId === report.vendorId,
  );

/** What sessions call the provider. */
const nameIn = ({ provider, account }: Report): string => account?.name ?? provider;

/** The message as a report ends it; undefined where it has been replaced or has ended. */
function endedBy(
  report: Report,
  session: StoredSession,
  now: number,
): ReadonlyMap<ChannelName, StoredDelivery> | undefined {
  const message = messageOf(report, session);
  if (!message) return undefined;
  const [channel, { state, delivery }] = message;
  const { end, vendorId } = report;
  // A code that was entered has been read, even if the vendor reports a failure.
  const isRead = state === 'VERIFIED' && end.state === 'FAILED';
  if (delivery.state !== 'ACCEPTED' || isRead) return undefined;
  if (end.state === 'DELIVERED') return new Map([[channel, settled(delivery, { ...end, vendorId })]]);
  const { state: failed, error, vendor } = end;
  const receipt = vendor && { at: new Date(now), ...vendor };
  return new Map([
    [channel, settled(delivery, { state: failed, error, vendorId, ...(receipt && { receipt }) })],
  ]);
}
