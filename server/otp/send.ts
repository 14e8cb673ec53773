import type { OtpService, SendRequest } from '../../gen/otp/v1/otp_service_pb.js';
import type { Workspaces } from '../admin/workspaces/workspaces.js';
import type { Call, Handler } from '../call/call.js';
import { partitionOf } from '../domain/principal.js';
import { Failure } from '../errors.js';
import type { SessionTokens } from '../secrets/tokens/sessionTokens.js';
import { purgeAtOf } from '../session/status.js';
import type { StoredSession } from '../session/stored.js';
import { idOf, workspaceOf } from '../store/documentId.js';
import type { BegunSend, IdentifiedSend } from './send/context.js';
import { sandboxCodes } from './send/freshCodes.js';
import { createSendRefused, type SendRefusedDeps } from './send/refused.js';
import { createSendSteps, type SendSteps, type SendStepsDeps } from './send/steps.js';
import { sessionToProto } from './toProto/sessionToProto.js';

export interface SendDeps extends SendStepsDeps, SendRefusedDeps {
  readonly workspaces: Workspaces;
  readonly tokens: SessionTokens;
}

/**
 * Opens a session. The steps, and why they run in this order, are in
 * send/steps.ts. The insert is the commitment: once the caller has an id, the
 * message is delivered or its failure is visible.
 */
export function createSend(deps: SendDeps): Handler<typeof OtpService.method.send> {
  const send = createSender(deps);
  return async (call, request) => {
    const { session, sessionToken, sandboxCodes, reused } = await send(call, request, {});
    return {
      session: sessionToProto(session, deps.clock.now(), true),
      sessionToken,
      sandboxCodes,
      reused,
    };
  };
}

/** What a Send is for besides its request. */
export interface SendPurpose {
  /** The only host whose pages frame the page on which the code is entered. */
  readonly embedHost?: string;
}

/** Opens a session for a caller. */
export type Sender = (
  call: Call,
  request: SendRequest,
  purpose: SendPurpose,
) => Promise<{
  readonly session: StoredSession;
  readonly sessionToken: string;
  readonly sandboxCodes: Record<string, string>;
  readonly reused: boolean;
}>;

export function createSender(deps: SendDeps): Sender {
  const { workspaces, tokens, codes } = deps;
  const steps = createSendSteps(deps);
  const refused = createSendRefused(deps);

  return async (call, request, purpose) => {
    const begun = Object.assign(await begin(call, request), purpose);
    const { session, reused } = await openSession(steps, begun, refused);
    call.sessionId = idOf(session);
    return {
      session,
      sessionToken: tokens.issue(
        { workspace: workspaceOf(session), mode: session.mode, sessionId: idOf(session) },
        firstPurgeAt(session),
      ),
      sandboxCodes: sandboxCodes(codes.encryption, session, begun.sealedCodes),
      reused,
    };
  };

  async function begin(call: Call, request: SendRequest): Promise<BegunSend> {
    const { principal } = call;
    if (request.vouched && !principal.scopes.has('otp.vouch'))
      throw new Failure('PERMISSION_DENIED', { message: 'The credential lacks the scope otp.vouch.' });
    const workspace = await workspaces.get(principal.workspace);
    const mode = request.sandbox ? 'test' : principal.mode;
    return {
      call,
      request,
      workspace,
      mode,
      partition: partitionOf(principal, mode),
      sealedCodes: new Map(),
      undo: [],
    };
  }
}

/** Runs the steps of a Send in their order. What they took is given back where one of them refuses it. */
export async function openSession(
  steps: SendSteps,
  begun: BegunSend,
  refused: (send: BegunSend | IdentifiedSend, thrown: unknown) => void,
): Promise<{ readonly session: StoredSession; readonly reused: boolean }> {
  let reached: BegunSend | IdentifiedSend = begun;
  try {
    const claimed = await steps.claimRequest(begun);
    if ('earlier' in claimed) return { session: claimed.earlier, reused: false };
    const addressed = await steps.resolveRecipients(claimed);
    const parsed = steps.parseOptions(addressed);
    const identified = await steps.identifyRecipients(parsed);
    reached = identified;
    await steps.requireProviders(identified);
    steps.refuseScenario(identified);
    const reusable = await steps.findReusable(identified);
    if (reusable) {
      // Not this request's own session: a repeat has to look for one again.
      await giveBack(begun);
      return { session: reusable, reused: true };
    }
    const pooled = steps.enterHashPool(identified);
    try {
      const admitted = await steps.admit(pooled);
      const coded = await steps.makeCodes(admitted);
      const paid = await steps.debit(coded);
      return { session: await steps.insertSession(paid), reused: false };
    } finally {
      pooled.slot.leave();
    }
  } catch (thrown) {
    refused(reached, thrown);
    await giveBack(begun);
    throw thrown;
  }
}

/** Gives back what the steps took, newest first. One that fails does not stop the others; the last failure is thrown. */
async function giveBack({ undo }: BegunSend): Promise<void> {
  const failures: unknown[] = [];
  for (const step of undo.splice(0).reverse()) await step().catch((error) => failures.push(error));
  if (failures.length > 0) throw failures.at(-1);
}

/** A resend moves the session's purge, but the token handed out at first is the one a repeat must give again. */
const firstPurgeAt = (session: StoredSession): Date =>
  purgeAtOf(session, session.createdAt.getTime() + session.lifetimeMs);
