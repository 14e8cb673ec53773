import type { Sent } from '../../admin/stats/stats.js';
import { addressField } from '../../delivery/buildMessage.js';
import type { BegunDelivery, Outbox } from '../../delivery/outbox.js';
import type { ChannelName } from '../../domain/channels.js';
import type { Clock } from '../../platform/clock.js';
import type { Encryption } from '../../secrets/encryption.js';
import { channelsOf } from '../../session/status.js';
import type { StoredSession } from '../../session/stored.js';
import { type NewChannel, open } from '../../session/transitions/open.js';
import { type Collection, DuplicateKey } from '../../store/documents.js';
import type { IdentifiedRecipient, PaidSend } from './context.js';
import type { CodeMaker } from './freshCodes.js';
import { asScenario } from './sandbox.js';
import { withDebit } from './withDebit.js';

export interface InsertSessionDeps {
  readonly sessions: Collection<StoredSession>;
  readonly codes: Pick<CodeMaker, 'encryption'>;
  readonly outbox: Outbox;
  readonly sent: Sent;
  readonly clock: Clock;
}

/** Stores the session with its messages and its debit, wakes the delivery worker, and returns the session as stored. */
export function createInsertSession(deps: InsertSessionDeps) {
  return async function insertSession(send: PaidSend): Promise<StoredSession> {
    const { owner, options, source, debit, scenario, bought, now } = send;
    const { onlyProvider } = send.call;
    const channels = newChannels(deps.codes.encryption, send);
    const opening = {
      owner,
      options: { ...options, ...(source && { source }), ...(onlyProvider && { onlyProvider }) },
      channels,
      debit,
    };
    const session = asScenario(open(opening, now), scenario);
    let begun: BegunDelivery | undefined;
    const stored = await withDebit(
      debit,
      () => deps.clock.now(),
      async () => {
        begun = await deps.outbox.begin(session);
        // From here on the session may exist, also when the store fails: its units are no longer given back.
        bought?.keep();
        return insert(deps.sessions, session, begun);
      },
    );
    if (stored.held) {
      if (!begun) deps.outbox.offer(stored.session);
      deps.sent(
        stored.session,
        channelsOf(stored.session).map(([name]) => name),
      );
    }
    return stored.session;
  };
}

/** The channels as they are stored: addresses sealed, codes hashed. */
function newChannels(encryption: Encryption, send: PaidSend): ReadonlyMap<ChannelName, NewChannel> {
  const { owner, recipients, codes } = send;
  const newChannel = (recipient: IdentifiedRecipient): NewChannel => {
    const { channel, address, masked, fingerprint, budget, sender, country, numberType, prefix } = recipient;
    const place = { collection: 'sessions' as const, id: owner._id, field: addressField(channel) };
    return {
      address: encryption.seal(place, address),
      masked,
      ...(sender && { sender }),
      recipient: fingerprint,
      ...(budget !== fingerprint && { budget }),
      ...(country && { country }),
      ...(numberType && { numberType }),
      ...(prefix && { prefix }),
      ...codes.get(channel)!,
    };
  };
  return new Map(recipients.map((recipient) => [recipient.channel, newChannel(recipient)]));
}

/** `held`: what is stored is this very session, with its debit. */
async function insert(
  sessions: Collection<StoredSession>,
  opened: StoredSession,
  begun: BegunDelivery | undefined,
): Promise<{ session: StoredSession; held: boolean }> {
  const session = begun?.session ?? opened;
  try {
    await sessions.insertOne(session);
    begun?.stored();
    return { session, held: true };
  } catch (error) {
    if (!(error instanceof DuplicateKey)) {
      begun?.unknown();
      throw error;
    }
    return await insertedBefore(sessions, session, begun, error);
  }
}

/** A session of this id was stored before. */
async function insertedBefore(
  sessions: Collection<StoredSession>,
  session: StoredSession,
  begun: BegunDelivery | undefined,
  error: DuplicateKey,
): Promise<{ session: StoredSession; held: boolean }> {
  // An earlier call with this request id outlasted its lease: its session stays. Or it is this very
  // insert, whose first response was lost on the way: then its messages are let go.
  begun?.unknown();
  const earlier = await sessions.findOne({ _id: session._id });
  if (!earlier) throw error;
  const held = Object.keys(session.charges ?? {}).every((debit) => earlier.charges?.[debit]);
  return { session: earlier, held };
}
