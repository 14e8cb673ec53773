import { type OtpService, type ResendRequest, ResendRequestSchema } from '../../gen/otp/v1/otp_service_pb.js';
import { noteRefusal } from '../admin/refusals/noteRefusal.js';
import type { Refusals } from '../admin/refusals/refusals.js';
import type { RecipientRules } from '../admin/rules/rules.js';
import type { Sent } from '../admin/stats/stats.js';
import type { Wallet } from '../admin/wallet/wallet.js';
import type { Workspaces } from '../admin/workspaces/workspaces.js';
import { type Call, type Handler, traceOf } from '../call/call.js';
import { addressField } from '../delivery/buildMessage.js';
import { type ChannelName, channelName } from '../domain/channels.js';
import { readEndUserIp } from '../domain/ipAddresses.js';
import { limitIdentity } from '../domain/limitIdentity.js';
import { Failure } from '../errors.js';
import type { Guard } from '../guard/guard.js';
import { budgetsByPrefix, guardedPhones, phonePrefix } from '../guard/guardedPhones.js';
import type { Limiter } from '../limits/limiter.js';
import type { RecipientBudget } from '../limits/recipientBudget/recipientBudget.js';
import { accountOf } from '../limits/recipientBudget/release.js';
import type { Clock } from '../platform/clock.js';
import type { Fingerprints } from '../secrets/fingerprints.js';
import type { HashPool } from '../secrets/hashing/hashPool.js';
import { changeGuarded } from '../session/change.js';
import { channelsOf, statusOf } from '../session/status.js';
import type { FreshCode, StoredSession } from '../session/stored.js';
import { channelsToResend, type Renewal, refuseResend, renew } from '../session/transitions/renew.js';
import { idOf, workspaceOf } from '../store/documentId.js';
import type { Collection } from '../store/documents.js';
import type { DueQueue } from '../store/dueQueue.js';
import { canonicalRequest } from './idempotency/canonicalRequest.js';
import { repeatable } from './idempotency/inSession.js';
import { lookUp } from './lookUp.js';
import { type Admitted, admit } from './send/admit.js';
import { type CodeMaker, freshCode, sandboxCodes } from './send/freshCodes.js';
import { limitKeys, userIdOf } from './send/limitKeys.js';
import { recipientChannels } from './send/recipientChannels.js';
import { countedIp, type NamedSource, readSource, sourceOf } from './send/source.js';
import { withDebit } from './send/withDebit.js';
import { sessionToProto } from './toProto/sessionToProto.js';

interface Deps {
  readonly refusals: Refusals;
  readonly sessions: Collection<StoredSession>;
  readonly workspaces: Workspaces;
  readonly rules: Pick<RecipientRules, 'check'>;
  readonly guard: Guard;
  readonly limiter: Limiter;
  readonly budget: RecipientBudget;
  readonly fingerprints: Fingerprints;
  readonly wallet: Wallet;
  readonly pool: HashPool;
  readonly codes: CodeMaker;
  readonly outbox: Pick<DueQueue<StoredSession>, 'offer'>;
  readonly sent: Sent;
  readonly clock: Clock;
}

/**
 * Sends new codes for an open session, or for one that expired not too long
 * ago. One guarded change replaces the codes, so an old code never works once a
 * new one is stored; attempts that were used stay used.
 */
export function createResend(deps: Deps): Handler<typeof OtpService.method.resend> {
  const { sessions, fingerprints, codes, outbox, clock } = deps;

  return async (call, request) => {
    const session = await lookUp(sessions, call, request.sessionId);
    const { workspace } = call.principal;
    const repeat = repeatable(
      fingerprints,
      { workspace, method: 'Resend', requestId: request.requestId },
      () => canonicalRequest(ResendRequestSchema, { ...request, sessionId: idOf(session) }),
    );
    // First: what was asked under this id before is not asked in another way.
    const isRepeated = session.resends.some((stored) => repeat?.matches(stored));
    const named = namedChannels(session, request);
    const from = sourceNamed(call, request);
    if (isRepeated) return respond(call, session, named);

    try {
      return await send();
    } catch (thrown) {
      noteRefused(session, named, thrown);
      throw thrown;
    }

    async function send() {
      refuseResend(session, clock.now());
      const channels = channelsToResend(session, named);

      const slot = deps.pool.enter(
        { workspace: call.principal.workspace, client: session.client },
        call.signal,
      );
      try {
        const admitted = await count(call, session, channels, from);
        try {
          const now = admitted?.bought.at ?? clock.now();
          const fresh = new Map<ChannelName, FreshCode>();
          for (const name of channels) {
            const n = (session.channels[name]?.delivery.n ?? 0) + 1;
            const made = await freshCode(codes, slot, { session, channel: name, n, now });
            fresh.set(name, { ...made, ...admitted?.bought.units.get(name) });
          }
          const debit = session.mode === 'live' ? await debitFor(session, channels, clock.now()) : undefined;
          const renewed = await withDebit(
            debit,
            () => clock.now(),
            () =>
              storeRenewal(
                session,
                { fresh, record: repeat?.record, debit, by: call.principal.client, ...traceOf(call) },
                now,
              ),
          );
          outbox.offer(renewed.session);
          deps.sent(renewed.session, channels);
          return respond(call, renewed.session, channels);
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
  };

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

  /** A resend counts as a send: the same guard, the same limits, the same budgets. */
  async function count(
    call: Call,
    session: StoredSession,
    channels: readonly ChannelName[],
    from: NamedSource,
  ): Promise<Admitted | undefined> {
    if (session.uncounted) return undefined;
    const { workspace } = call.principal;
    const stored = JSON.parse(session.metadata) as { ip_address?: unknown };
    const ip =
      from.ip ?? (typeof stored.ip_address === 'string' ? readEndUserIp(stored.ip_address) : undefined);
    const source = sourceOf(fingerprints, workspace, from) ?? session.source;
    const { partition, mode, purpose, metadata, beneficiary, codeLength } = session;
    return admit(deps, call, {
      partition,
      subjects: channels.map((name) => subjectOf(session, name)),
      sending: {
        workspace,
        mode,
        client: call.principal.client,
        sessionId: idOf(session),
        resend: true,
        purpose,
        metadata,
        phones: guardedPhones(channelsOf(session).filter(([name]) => channels.includes(name))),
        source,
        budgets: budgetsByPrefix(
          channels.map((name) => ({
            prefix: session.channels[name]?.prefix,
            budget: accountOf(session, name).recipient,
          })),
        ),
      },
      counts: limitKeys(fingerprints, workspace, {
        ip: countedIp(ip),
        userId: userIdOf(metadata),
        beneficiary,
      }),
      purchase: {
        recipients: recipientChannels(channels.map((name) => [name, accountOf(session, name).recipient])),
        codeLength,
        mayLengthen: false,
        source,
        vouched: false,
        withoutBurst: beneficiary !== undefined,
      },
      workspace: await deps.workspaces.get(workspace),
    });
  }

  function subjectOf(session: StoredSession, channel: ChannelName) {
    const { recipient = '', address, country } = session.channels[channel] ?? {};
    const identity = () =>
      address &&
      codes.encryption
        .open({ collection: 'sessions', id: session._id, field: addressField(channel) }, address)
        .toLowerCase();
    const prefix = () => {
      const number = country && identity();
      return number ? phonePrefix(fingerprints, workspaceOf(session), limitIdentity(number)) : undefined;
    };
    const { recipient: budget } = accountOf(session, channel);
    return { channel, budget, fingerprints: () => [recipient], prefix, identity };
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
 * person's own browser: its IP address is counted whatever it writes, and only
 * its device can tell it from another.
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
