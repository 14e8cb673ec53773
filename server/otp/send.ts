import { type OtpService, type SendRequest, SendRequestSchema } from '../../gen/otp/v1/otp_service_pb.js';
import type { Senders } from '../admin/senders/senders.js';
import type { Sponsors } from '../admin/sponsors/sponsors.js';
import type { Sent } from '../admin/stats/stats.js';
import type { Wallet } from '../admin/wallet/wallet.js';
import type { Workspace, Workspaces } from '../admin/workspaces/workspaces.js';
import { type Call, type Handler, traceOf } from '../call/call.js';
import type { ChannelName } from '../domain/channels.js';
import { partitionOf } from '../domain/principal.js';
import { Failure } from '../errors.js';
import type { Guard } from '../guard/guard.js';
import { guardedPhones } from '../guard/phones.js';
import { prefixOf } from '../guard/prefix.js';
import type { Limiter } from '../limits/limiter.js';
import type { RecipientBlock } from '../limits/recipientBlock.js';
import type { Clock } from '../platform/clock.js';
import type { Fingerprints } from '../secrets/fingerprints.js';
import type { HashPool } from '../secrets/hashing/hashPool.js';
import type { SessionTokens } from '../secrets/tokens/sessionTokens.js';
import { refuseAsScenario } from '../session/sandboxRecipients.js';
import { channelsOf, purgeAtOf } from '../session/status.js';
import type { StoredSession } from '../session/stored.js';
import { idOf, workspaceOf } from '../store/documentId.js';
import { type Collection, DuplicateKey } from '../store/documents.js';
import type { DueQueue } from '../store/dueQueue.js';
import { canonicalRequest } from './idempotency/canonicalRequest.js';
import type { Claim, Idempotency } from './idempotency/claims.js';
import { admit } from './send/admit.js';
import { sendCounts } from './send/limitKeys.js';
import { type CodeMaker, freshCodes, newSession, type Opening, sandboxCodes } from './send/newSession.js';
import { type Plan, planSend } from './send/parseOptions.js';
import { type Addressees, addressees } from './send/resolveRecipients.js';
import type { Reuse, Reuses } from './send/reuse.js';
import { asScenario, scenarioOf } from './send/sandbox.js';
import { holding } from './send/withDebit.js';
import { presentSession } from './toProto/sessionToProto.js';

interface Parts {
  readonly sessions: Collection<StoredSession>;
  readonly workspaces: Workspaces;
  readonly sponsors: Sponsors;
  readonly senders: Senders;
  readonly idempotency: (workspace: string) => Idempotency;
  readonly reuses: Reuses;
  readonly block: RecipientBlock;
  readonly guard: Guard;
  readonly limiter: Limiter;
  readonly wallet: Wallet;
  readonly fingerprints: Fingerprints;
  readonly pool: HashPool;
  readonly codes: CodeMaker;
  readonly tokens: SessionTokens;
  /** Whether a message of the channel could be delivered. */
  readonly supports: (workspace: Workspace, channel: ChannelName) => boolean;
  readonly outbox: Pick<DueQueue<StoredSession>, 'offer'>;
  readonly sent: Sent;
  /** Whether somebody wants to be told of the partition's sessions. */
  readonly listening: (partition: string) => Promise<boolean>;
  readonly newId: () => string;
  readonly clock: Clock;
}

/**
 * Opens a session. Cheapest refusal first; the insert is the commitment: once
 * the caller has an id, the message is delivered or its failure is visible.
 */
export function createSend(parts: Parts): Handler<typeof OtpService.method.send> {
  const { sessions, workspaces, sponsors, idempotency, fingerprints, outbox, newId, clock } = parts;

  return async (call, request) => {
    const { principal } = call;
    const workspace = await workspaces.get(principal.workspace);
    const claim = await claimRequest(call, request);
    if (claim?.repeated) {
      const before = await sessions.findOne({ _id: `${principal.workspace}/${claim.session}` });
      if (before) return answer(call, before, false);
      await claim.takeOver();
    }
    try {
      const audience = await addressees(sponsors, call, request);
      const plan = planSend(
        request,
        workspace,
        audience.recipients.map(({ channel }) => channel),
      );
      const opening = await openingOf(call, request, audience, claim?.session ?? newId());
      refuseUnsupported(opening, workspace);
      const { session, reused } = await open(call, request, opening, plan, workspace);
      // A reused session is not this request's own: a repeat must find it anew.
      if (reused) await claim?.release();
      return answer(call, session, reused);
    } catch (refused) {
      await claim?.release();
      throw refused;
    }
  };

  function claimRequest({ principal }: Call, request: SendRequest): Promise<Claim> | undefined {
    if (!request.requestId) return undefined;
    const mode = request.sandbox ? 'test' : principal.mode;
    const scope = `${partitionOf(principal, mode)}/${principal.client}/Send`;
    const canonical = canonicalRequest(SendRequestSchema, request);
    return idempotency(principal.workspace).claim(scope, request.requestId, canonical, newId());
  }

  async function openingOf(
    call: Call,
    request: SendRequest,
    audience: Addressees,
    id: string,
  ): Promise<Opening> {
    const { principal } = call;
    const mode = request.sandbox ? 'test' : principal.mode;
    const { recipients, beneficiary } = audience;
    const channels = recipients.map(({ channel }) => channel);
    const from = await parts.senders.choose(principal.workspace, request.senderId, channels);
    const partition = partitionOf(principal, mode);
    return {
      _id: `${principal.workspace}/${id}`,
      partition,
      mode,
      client: principal.client,
      ...traceOf(call),
      recipients: recipients.map((recipient) => ({
        ...recipient,
        fingerprint: fingerprints.recipient(principal.workspace, recipient.identity),
        ...(recipient.country &&
          mode === 'live' && { prefix: prefixOf(fingerprints, principal.workspace, recipient.identity) }),
        ...(from.has(recipient.channel) && { sender: from.get(recipient.channel) as string }),
      })),
      ...(beneficiary && { beneficiary }),
      ...((await parts.listening(partition)) && { notify: true }),
    };
  }

  function refuseUnsupported({ mode, recipients }: Opening, workspace: Workspace): void {
    if (mode !== 'live') return;
    const channel = recipients.find((one) => !parts.supports(workspace, one.channel))?.channel;
    if (channel === undefined) return;
    throw new Failure('CHANNEL_NOT_SUPPORTED', {
      channel,
      violations: [
        { field: `recipients.${channel}`, description: 'no provider is configured for this channel' },
      ],
    });
  }

  /** From the recipient's block to the insert: whatever is taken on the way is given back when it ends early. */
  async function open(call: Call, request: SendRequest, opening: Opening, plan: Plan, workspace: Workspace) {
    const scenario = opening.mode === 'test' ? scenarioOf(opening.recipients) : undefined;
    refuseAsScenario(scenario);
    if (!scenario) {
      await parts.block.check(
        opening.partition,
        opening.recipients.map(({ fingerprint }) => fingerprint),
      );
    }
    const reuse = await findReuse(call, request, opening, plan, workspace);
    if (reuse?.open) return { session: reuse.open, reused: true };
    const slot = parts.pool.enter(call.principal.workspace, call.signal);
    try {
      const giveBack = scenario ? async () => {} : await admitted(call, request, opening, plan, workspace);
      try {
        const now = clock.now();
        const codes = await freshCodes(parts.codes, slot, opening, plan.codeLength, now);
        const debit = opening.mode === 'live' ? await debitFor(opening, now) : undefined;
        const session = asScenario(
          newSession(parts.codes.encryption, opening, plan, codes, debit, now),
          scenario,
        );
        const stored = await holding(
          debit,
          () => clock.now(),
          () => insert(session),
        );
        if (stored.held) {
          outbox.offer(stored.session);
          parts.sent(
            stored.session,
            channelsOf(stored.session).map(([name]) => name),
          );
        }
        return { session: stored.session, reused: false };
      } catch (error) {
        await giveBack();
        throw error;
      }
    } catch (error) {
      await reuse?.release();
      throw error;
    } finally {
      slot.leave();
    }
  }

  function admitted(call: Call, request: SendRequest, opening: Opening, plan: Plan, workspace: Workspace) {
    const { partition, mode, client } = opening;
    const name = workspaceOf(opening);
    return admit(parts, call, {
      partition,
      sending: {
        workspace: name,
        mode,
        client,
        sessionId: idOf(opening),
        resend: false,
        purpose: plan.purpose,
        metadata: plan.metadata,
        phones: guardedPhones(
          opening.recipients.map(({ channel, ...one }) => [channel, { ...one, recipient: one.fingerprint }]),
        ),
      },
      counts: sendCounts(fingerprints, name, audienceOf(request, opening, plan)),
      overrides: workspace.limits,
    });
  }

  function findReuse(
    call: Call,
    request: SendRequest,
    opening: Opening,
    plan: Plan,
    workspace: Workspace,
  ): Promise<Reuse> | undefined {
    const asked = request.reuseOpenSession || (call.door === 'messaging' && workspace.messagingReuse);
    if (!asked) return undefined;
    const { metadata: _free, userId: _counted, addContact: _later, ...same } = plan;
    const recipients = opening.recipients.map(({ channel, fingerprint, sender }) => [
      channel,
      fingerprint,
      sender,
    ]);
    const owner = `${opening.partition}/${opening.client}`;
    return parts.reuses.find(owner, [recipients, opening.beneficiary, same], opening._id);
  }

  function debitFor({ _id, recipients }: Opening, now: number) {
    const channels = recipients.map(({ channel }) => channel);
    return parts.wallet.debit(workspaceOf({ _id }), idOf({ _id }), channels, now);
  }

  async function insert(session: StoredSession): Promise<{ session: StoredSession; held: boolean }> {
    try {
      await sessions.insertOne(session);
      return { session, held: true };
    } catch (error) {
      if (!(error instanceof DuplicateKey)) throw error;
      // A request id whose first attempt was slower than its lease: that attempt's session stands.
      const earlier = await sessions.findOne({ _id: session._id });
      if (!earlier) throw error;
      // Or it is this very insert, whose first answer was lost on the way.
      const held = Object.keys(session.charges ?? {}).every((debit) => earlier.charges?.[debit]);
      return { session: earlier, held };
    }
  }

  function answer(call: Call, session: StoredSession, reused: boolean) {
    const sessionId = idOf(session);
    call.sessionId = sessionId;
    const grant = { workspace: workspaceOf(session), mode: session.mode, sessionId };
    return {
      session: presentSession(session, clock.now(), true),
      sessionToken: parts.tokens.issue(grant, firstPurgeAt(session)),
      sandboxCodes: sandboxCodes(parts.codes.encryption, session),
      reused,
    };
  }
}

const audienceOf = (request: SendRequest, { recipients, beneficiary }: Opening, { userId }: Plan) => ({
  ip: request.endUserIp || undefined,
  userId,
  recipients: recipients.map(({ fingerprint }) => fingerprint),
  beneficiary,
});

/** A resend moves the session's purge, but the token handed out at first is the one a repeat must give again. */
const firstPurgeAt = (session: StoredSession): Date =>
  purgeAtOf(session, session.createdAt.getTime() + session.lifetimeMs);
