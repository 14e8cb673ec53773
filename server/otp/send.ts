import { type OtpService, SendRequestSchema } from '../../gen/otp/v1/otp_service_pb.js';
import { type Call, type Handler, noteLimit } from '../call.js';
import type { Clock } from '../clock.js';
import type { ChannelName } from '../domain/channels.js';
import { partitionOf } from '../domain/principal.js';
import type { Recipient } from '../domain/recipients.js';
import type { StoredSession } from '../domain/session.js';
import { Failure } from '../errors.js';
import type { Limiter } from '../limits/limiter.js';
import type { RecipientBlock } from '../limits/recipientBlock.js';
import type { Fingerprints } from '../secrets/fingerprints.js';
import type { HashPool } from '../secrets/hashPool.js';
import type { SessionTokens } from '../secrets/sessionTokens.js';
import { type Collection, DuplicateKey } from '../store/documents.js';
import type { DueQueue } from '../store/dueQueue.js';
import type { Workspaces } from '../workspaces/workspaces.js';
import { canonicalRequest } from './canonical.js';
import type { Claim, Idempotency } from './idempotency.js';
import { type CodeMaker, newSession, type Opening, sandboxCodes } from './newSession.js';
import { type Plan, planSend } from './plan.js';
import { idOf, presentSession } from './present.js';
import { sendCounts } from './sendCounts.js';

interface Parts {
  readonly sessions: Collection<StoredSession>;
  readonly workspaces: Workspaces;
  readonly idempotency: (workspace: string) => Idempotency;
  readonly block: RecipientBlock;
  readonly limiter: Limiter;
  readonly fingerprints: Fingerprints;
  readonly pool: HashPool;
  readonly codes: CodeMaker;
  readonly tokens: SessionTokens;
  /** Whether a message of the channel could be delivered. */
  readonly supports: (channel: ChannelName) => boolean;
  readonly outbox: DueQueue<StoredSession>;
  readonly newId: () => string;
  readonly clock: Clock;
}

/**
 * Opens a session. Cheapest refusal first; the insert is the commitment: once
 * the caller has an id, the message is delivered or its failure is visible.
 */
export function createSend(parts: Parts): Handler<typeof OtpService.method.send> {
  const { sessions, workspaces, idempotency, fingerprints, outbox, newId, clock } = parts;

  function answer(session: StoredSession) {
    const { workspace, mode } = workspaceOf(session);
    return {
      session: presentSession(session, clock.now(), true),
      sessionToken: parts.tokens.issue({ workspace, mode, sessionId: idOf(session) }, session.purgeAt),
      sandboxCodes: sandboxCodes(parts.codes.encryption, session),
      reused: false,
    };
  }

  return async (call, request) => {
    const { principal } = call;
    const workspace = await workspaces.get(principal.workspace);
    const plan = planSend(request, workspace);
    const mode = request.sandbox ? 'test' : principal.mode;
    if (mode === 'live') refuseUnsupported(plan);
    const partition = partitionOf(principal, mode);

    let claim: Claim | undefined;
    if (request.requestId) {
      const scope = `${partition}/${principal.client}/Send`;
      const canonical = canonicalRequest(SendRequestSchema, request);
      claim = await idempotency(principal.workspace).claim(scope, request.requestId, canonical, newId());
      if (claim.repeated) {
        const before = await sessions.findOne({ _id: `${principal.workspace}/${claim.session}` });
        if (before) return answer(noted(call, before));
        await claim.takeOver();
      }
    }
    const _id = `${principal.workspace}/${claim?.session ?? newId()}`;
    const opening: Opening = { _id, partition, mode, client: principal.client };
    try {
      const { session, isNew } = await open(call, opening, plan, request.endUserIp || undefined);
      if (isNew) outbox.offer(session);
      return answer(noted(call, session));
    } catch (refused) {
      await claim?.release();
      throw refused;
    }
  };

  function refuseUnsupported({ recipients }: Plan): void {
    for (const { channel } of recipients) {
      if (!parts.supports(channel)) {
        throw new Failure('CHANNEL_NOT_SUPPORTED', {
          channel,
          violations: [
            { field: `recipients.${channel}`, description: 'no provider is configured for this channel' },
          ],
        });
      }
    }
  }

  async function open(call: Call, opening: Opening, plan: Plan, ip: string | undefined) {
    const { workspace } = call.principal;
    const fingerprintOf = (recipient: Recipient) => fingerprints.recipient(workspace, recipient.identity);
    const recipients = plan.recipients.map(fingerprintOf);
    await parts.block.check(opening.partition, recipients);
    const slot = parts.pool.enter(workspace, call.signal);
    try {
      const overrides = (await workspaces.get(workspace)).limits;
      const counts = sendCounts(fingerprints, workspace, { ip, userId: plan.userId, recipients });
      const taken = await parts.limiter.take(opening.partition, counts, overrides);
      noteLimit(call, taken.tightest);
      try {
        const session = await newSession(parts.codes, slot, opening, plan, fingerprintOf, clock.now());
        await sessions.insertOne(session);
        return { session, isNew: true };
      } catch (error) {
        await taken.giveBack();
        // A request id whose first attempt was slower than its lease: that attempt's session stands.
        const session = error instanceof DuplicateKey ? await sessions.findOne({ _id: opening._id }) : null;
        if (!session) throw error;
        return { session, isNew: false };
      }
    } finally {
      slot.leave();
    }
  }
}

function noted(call: Call, session: StoredSession): StoredSession {
  call.sessionId = idOf(session);
  return session;
}

const workspaceOf = ({ _id, mode }: StoredSession) => ({ workspace: _id.slice(0, _id.indexOf('/')), mode });
