import { type OtpService, type ResendRequest, ResendRequestSchema } from '../../gen/otp/v1/otp_service_pb.js';
import { noteRefusal } from '../admin/refusals/noteRefusal.js';
import type { Refusals } from '../admin/refusals/refusals.js';
import type { Sent } from '../admin/stats/stats.js';
import type { Wallet } from '../admin/wallet/wallet.js';
import { type Call, type Handler, traceOf } from '../call/call.js';
import { type ChannelName, channelName } from '../domain/channels.js';
import { readEndUserIp } from '../domain/ipAddresses.js';
import { Failure, invalid } from '../errors.js';
import type { Slot } from '../fairness/fairPool.js';
import type { Clock } from '../platform/clock.js';
import type { HashPool } from '../secrets/hashing/hashPool.js';
import { refusedChannel } from '../session/assurance.js';
import { changeGuarded } from '../session/change.js';
import { channelsOf, statusOf } from '../session/status.js';
import type { FreshCode, StoredSession } from '../session/stored.js';
import { channelsToResend, type Renewal, refuseResend, renew } from '../session/transitions/renew.js';
import { idOf, workspaceOf } from '../store/documentId.js';
import type { Collection } from '../store/documents.js';
import type { DueQueue } from '../store/dueQueue.js';
import { type CountResendDeps, createCountResend } from './countResend.js';
import { canonicalRequest } from './idempotency/canonicalRequest.js';
import { repeatable } from './idempotency/inSession.js';
import { lookUp } from './lookUp.js';
import type { Admitted } from './send/admit.js';
import { type CodeMaker, freshCode, sandboxCodes } from './send/freshCodes.js';
import { type NamedSource, readSource } from './send/source.js';
import { withDebit } from './send/withDebit.js';
import { sessionToProto } from './toProto/sessionToProto.js';

interface Deps extends CountResendDeps {
  readonly refusals: Refusals;
  readonly sessions: Collection<StoredSession>;
  readonly wallet: Wallet;
  readonly pool: HashPool;
  readonly codes: CodeMaker;
  readonly outbox: Pick<DueQueue<StoredSession>, 'offer'>;
  readonly sent: Sent;
  readonly clock: Clock;
}

/** A request, as it was read. */
interface Asked {
  readonly call: Call;
  readonly session: StoredSession;
  readonly repeat: ReturnType<typeof repeatable>;
  readonly isRepeated: boolean;
  readonly named: readonly ChannelName[];
  readonly from: NamedSource;
}

/** The same, with the channels that are sent to. */
interface Resend extends Asked {
  readonly channels: readonly ChannelName[];
}

/**
 * Sends new codes for an open session, or for one that expired not too long
 * ago. One guarded change replaces the codes, so an old code never works once a
 * new one is stored; attempts that were used stay used.
 */
export function createResend(deps: Deps): Handler<typeof OtpService.method.resend> {
  const { sessions, fingerprints, codes, outbox, clock } = deps;
  const count = createCountResend(deps);

  return async (call, request) => {
    const asked = await read(call, request);
    if (asked.isRepeated) return respond(call, asked.session, asked.named);
    try {
      refuseResend(asked.session, clock.now());
      const channels = channelsToResend(asked.session, asked.named);
      await refuseByNorm(asked.session, channels);
      return await renewCodes({ ...asked, channels });
    } catch (thrown) {
      noteRefused(asked.session, asked.named, thrown);
      throw thrown;
    }
  };

  /** A session from before the workspace set its norm gets no further code by a channel that the norm excludes. */
  async function refuseByNorm(session: StoredSession, channels: readonly ChannelName[]): Promise<void> {
    const { assurance } = await deps.workspaces.get(workspaceOf(session));
    for (const channel of channels) {
      const refused = refusedChannel(assurance, channel);
      if (refused) throw invalid(`channels.${channel}`, refused);
    }
  }

  /** What is asked, and whether it was asked before: first of all, because what was asked under an id before is not asked in another way. */
  async function read(call: Call, request: ResendRequest): Promise<Asked> {
    const session = await lookUp(sessions, call, request.sessionId);
    const { workspace } = call.principal;
    const repeat = repeatable(
      fingerprints,
      { workspace, method: 'Resend', requestId: request.requestId },
      () => canonicalRequest(ResendRequestSchema, { ...request, sessionId: idOf(session) }),
    );
    const isRepeated = session.resends.some((stored) => repeat?.matches(stored));
    const named = namedChannels(session, request);
    return { call, session, repeat, isRepeated, named, from: sourceNamed(call, request) };
  }

  /** A place for hashing before anything is counted, so that a call that finds none costs no send. */
  async function renewCodes(resend: Resend) {
    const { call, session, repeat, channels } = resend;
    const { workspace } = call.principal;
    const slot = deps.pool.enter({ workspace, client: session.client }, call.signal);
    try {
      const admitted = await count(resend);
      try {
        const renewed = await store(resend, slot, admitted);
        outbox.offer(renewed);
        deps.sent(renewed, channels);
        return respond(call, renewed, channels);
      } catch (refused) {
        if (isUnknown(refused)) admitted?.bought.keep();
        await admitted?.giveBack();
        // Sent twice at once, the slower one finds what the faster one stored.
        const meanwhile = repeat && (await sessions.findOne({ _id: session._id }));
        if (meanwhile?.resends.some((stored) => repeat?.matches(stored)))
          return respond(call, meanwhile, channels);
        throw refused;
      }
    } finally {
      slot.leave();
    }
  }

  /** Makes the codes, pays for their messages, and replaces those of the session. */
  async function store(
    { call, session, repeat, channels }: Resend,
    slot: Slot,
    admitted: Admitted | undefined,
  ): Promise<StoredSession> {
    const now = admitted?.bought.at ?? clock.now();
    const fresh = new Map<ChannelName, FreshCode>();
    for (const name of channels) {
      const n = (session.channels[name]?.delivery.n ?? 0) + 1;
      const made = await freshCode(codes, slot, { session, channel: name, n, now });
      fresh.set(name, { ...made, ...admitted?.bought.units.get(name) });
    }
    const debit = session.mode === 'live' ? await debitFor(session, channels, clock.now()) : undefined;
    const renewal = { fresh, record: repeat?.record, debit, by: call.principal.client, ...traceOf(call) };
    const renewed = await withDebit(
      debit,
      () => clock.now(),
      () => storeRenewal(session, renewal, now),
    );
    return renewed.session;
  }

  function noteRefused(session: StoredSession, named: readonly ChannelName[], thrown: unknown): void {
    const { partition, client } = session;
    const recipients = channelsOf(session).flatMap(
      ([channel, { state, recipient, masked, country, numberType, prefix }]) =>
        state === 'PENDING' && (named.length === 0 || named.includes(channel))
          ? [
              {
                partition,
                client,
                recipient,
                channel,
                masked,
                session: idOf(session),
                ...(country && { country }),
                ...(numberType && { numberType }),
                ...(prefix && { prefix }),
              },
            ]
          : [],
    );
    noteRefusal(deps.refusals, thrown, { recipients, purpose: session.purpose, now: clock.now() });
  }

  function debitFor(session: StoredSession, channels: readonly ChannelName[], now: number) {
    return deps.wallet.debit(workspaceOf(session), idOf(session), channels, now);
  }

  async function storeRenewal(
    session: StoredSession,
    renewal: Renewal,
    now: number,
  ): Promise<{ session: StoredSession; held: boolean }> {
    const renewed = await changeGuarded(sessions, session, (seen) => {
      refuseResend(seen, now);
      const verified = [...renewal.fresh.keys()].every((name) => seen.channels[name]?.state !== 'PENDING');
      if (verified) throw new Failure('ALREADY_VERIFIED');
      return renew(seen, renewal, now);
    });
    if (!renewed) throw new Failure('SESSION_NOT_FOUND');
    return { session: renewed.session, held: renewed.changed };
  }

  /** With the codes of the channels that were sent to again, and no others: those of the rest are as they were. */
  function respond(call: Call, session: StoredSession, channels: readonly ChannelName[]) {
    const renewed = Object.entries(sandboxCodes(codes.encryption, session)).filter(
      ([name]) => channels.length === 0 || channels.includes(name as ChannelName),
    );
    return {
      session: sessionToProto(session, clock.now(), call.principal.sessionId === undefined),
      sandboxCodes: statusOf(session, clock.now()) === 'APPROVED' ? {} : Object.fromEntries(renewed),
    };
  }
}

/** Whether what failed may have stored the renewal all the same. */
const isUnknown = (thrown: unknown): boolean =>
  !(thrown instanceof Failure) || thrown.reason === 'STORE_UNAVAILABLE';

/**
 * Where the person is, as the call says. With a session token the caller is the
 * person's own browser: its IP address is counted and never the one it writes,
 * and only its device distinguishes it from another.
 */
function sourceNamed(call: Call, request: ResendRequest): NamedSource {
  const named = readSource(request);
  return call.principal.sessionId === undefined ? named : { ...named, ip: readEndUserIp(call.peer) };
}

/** The channels that a request names. Throws CHANNEL_NOT_IN_SESSION for one that the session does not use. */
const namedChannels = (session: StoredSession, request: ResendRequest): ChannelName[] =>
  request.channels.map((channel, index) => {
    const name = channelName(channel);
    if (name && session.channels[name]) return name;
    throw new Failure('CHANNEL_NOT_IN_SESSION', {
      violations: [{ field: `channels[${index}]`, description: 'must be a channel of the session' }],
    });
  });
