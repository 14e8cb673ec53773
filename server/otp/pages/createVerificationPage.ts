import { createHash } from 'node:crypto';
import { create } from '@bufbuild/protobuf';
import { timestampFromDate } from '@bufbuild/protobuf/wkt';
import { SendRequestSchema } from '../../../gen/otp/v1/otp_service_pb.js';
import {
  type CreateVerificationPageRequest,
  CreateVerificationPageRequestSchema,
  ReturnMode,
  type VerificationPageService,
} from '../../../gen/otp/v1/verification_page_service_pb.js';
import type { Workspace } from '../../admin/workspaces/stored.js';
import type { Workspaces } from '../../admin/workspaces/workspaces.js';
import type { Call, Handler } from '../../call/call.js';
import { canonicalLocale } from '../../domain/locales.js';
import { Failure, invalid } from '../../errors.js';
import type { Clock } from '../../platform/clock.js';
import type { Random } from '../../platform/random.js';
import type { Fingerprints } from '../../secrets/fingerprints.js';
import type { SessionTokens } from '../../secrets/tokens/sessionTokens.js';
import { SESSION_LIMITS } from '../../session/limits.js';
import { purgeAtOf, refusalOf } from '../../session/status.js';
import type { StoredSession } from '../../session/stored.js';
import { idOf, workspaceOf } from '../../store/documentId.js';
import type { Collection } from '../../store/documents.js';
import { canonicalRequest } from '../idempotency/canonicalRequest.js';
import { lookUp } from '../lookUp.js';
import type { Sender } from '../send.js';
import { sessionToProto } from '../toProto/sessionToProto.js';
import type { Pages, ReturnModeName } from './pages.js';
import { isListedUrl, isReturnUrl } from './returnUrl.js';

export interface CreatePageDeps {
  readonly pages: Pages;
  readonly sessions: Collection<StoredSession>;
  readonly workspaces: Workspaces;
  readonly send: Sender;
  readonly tokens: SessionTokens;
  readonly fingerprints: Pick<Fingerprints, 'subject' | 'request' | 'isSameRequest'>;
  /** The URL of the service, without a slash at its end; undefined where it is not known. */
  readonly baseUrl: () => string | undefined;
  readonly development: boolean;
  readonly random: Random;
  readonly clock: Clock;
}

const MODES: Readonly<Partial<Record<ReturnMode, ReturnModeName>>> = {
  [ReturnMode.QUERY]: 'QUERY',
  [ReturnMode.FORM_POST]: 'FORM_POST',
  [ReturnMode.EMBED]: 'EMBED',
};

/** Makes a page for a session, which it opens unless one is named. */
export function createCreateVerificationPage(
  deps: CreatePageDeps,
): Handler<typeof VerificationPageService.method.createVerificationPage> {
  const { pages, tokens, clock, random } = deps;
  return async (call, request) => {
    // First: of a session that the caller may not see, nothing else of the request is judged.
    const named =
      request.target.case === 'sessionId'
        ? await lookUp(deps.sessions, call, request.target.value)
        : undefined;
    const workspace = await deps.workspaces.get(call.principal.workspace);
    const settings = readSettings(request, workspace, deps.development);
    const base = deps.baseUrl();
    if (base === undefined)
      throw new Failure('ROUTE_NOT_FOUND', {
        message: 'Verification pages need OTP_PUBLIC_URL, which is not set.',
      });
    const repeat = await findEarlier(call, request);
    const { session, sandboxCodes } = named
      ? reuse(named, repeat?.exists ?? false)
      : await openNew(call, request);
    const expiresAt = endOf(session);
    const ref = repeat?.ref ?? random.bytes(16).toString('base64url');
    await pages.insert(ref, {
      ...settings,
      workspace: workspaceOf(session),
      mode: session.mode,
      sessionId: idOf(session),
      ...(repeat && { request: repeat.fingerprint }),
      expiresAt,
    });
    const sessionToken = tokens.issue(
      { workspace: workspaceOf(session), mode: session.mode, sessionId: idOf(session) },
      purgeAtOf(session, session.createdAt.getTime() + session.lifetimeMs),
    );
    return {
      url: `${base}/v/${ref}#t=${sessionToken}`,
      session: sessionToProto(session, clock.now(), true),
      sessionToken,
      expiresAt: timestampFromDate(expiresAt),
      sandboxCodes,
    };
  };

  /**
   * The reference of a request with a request id: the same each time, so that a
   * repeat finds the page. Throws IDEMPOTENCY_CONFLICT for another request under the id.
   */
  async function findEarlier(call: Call, request: CreateVerificationPageRequest) {
    if (!request.requestId) return undefined;
    const { workspace, client } = call.principal;
    const ref = deps.fingerprints.subject(workspace, `page/${client}/${request.requestId}`).slice(0, 22);
    const canonical = canonicalRequest(CreateVerificationPageRequestSchema, request);
    const earlier = await pages.find(ref);
    const { request: seen } = earlier ?? {};
    if (seen !== undefined && !deps.fingerprints.isSameRequest(workspace, canonical, seen))
      throw new Failure('IDEMPOTENCY_CONFLICT');
    const fingerprint = deps.fingerprints.request(workspace, canonical);
    return { ref, fingerprint, exists: earlier !== undefined };
  }

  function reuse(session: StoredSession, isRepeat: boolean) {
    const reason = refusalOf(session, clock.now());
    if (reason && !isRepeat) throw new Failure(reason);
    return { session, sandboxCodes: {} };
  }

  async function openNew(call: Call, request: CreateVerificationPageRequest) {
    const { target } = request;
    if (target.case !== 'send') throw invalid('session_id', 'is required, or send');
    if (target.value.requestId)
      throw invalid('send.request_id', 'must be empty: request_id makes repeating the call safe');
    const [only, ...others] = request.embedOrigins;
    const embedHost = only && others.length === 0 ? new URL(only).hostname : undefined;
    const send = create(SendRequestSchema, {
      ...target.value,
      requestId: request.requestId && requestIdOf(request.requestId),
    });
    return deps.send(call, send, { ...(embedHost && { embedHost }) }).catch((thrown: unknown) => {
      throw withinSend(thrown);
    });
  }
}

/** A Send of its own: the same request id at Send means another request. */
const requestIdOf = (requestId: string): string =>
  `page/${createHash('sha256').update(requestId).digest('base64url')}`;

/** When no code and no resend can end the session well any more. */
const endOf = ({ createdAt, lifetimeMs }: StoredSession): Date =>
  new Date(createdAt.getTime() + SESSION_LIMITS.resend.lifetimes * lifetimeMs);

/** A refusal of the Send within the request names its fields as the caller wrote them. */
function withinSend(thrown: unknown): unknown {
  if (!(thrown instanceof Failure) || !thrown.details.violations) return thrown;
  const violations = thrown.details.violations.map(({ field, description }) => ({
    field: field ? `send.${field}` : 'send',
    description,
  }));
  return new Failure(thrown.reason, { ...thrown.details, violations });
}

/** What a request says of the page. Throws INVALID_REQUEST for what the workspace does not list. */
function readSettings(request: CreateVerificationPageRequest, workspace: Workspace, development: boolean) {
  const { returnUrl, state, embedOrigins, allowRecipientChange } = request;
  const returnMode = MODES[request.returnMode] ?? 'QUERY';
  const isEmbedded = returnMode === 'EMBED';
  if (isEmbedded && embedOrigins.length === 0) throw invalid('embed_origins', 'is required with EMBED');
  if (!isEmbedded && !returnUrl) throw invalid('return_url', 'is required except with EMBED');
  if (returnUrl && !isReturnUrl(returnUrl, development))
    throw invalid('return_url', 'must be an https URL without user and fragment');
  if (returnUrl && !isListedUrl(returnUrl, workspace.returnUrls ?? []))
    throw invalid('return_url', "must be within one of the workspace's return_urls");
  for (const [at, origin] of embedOrigins.entries()) {
    if (!(workspace.embedOrigins ?? []).includes(origin))
      throw invalid(`embed_origins[${at}]`, "must be one of the workspace's embed_origins");
  }
  const uiLocale = request.uiLocale && canonicalLocale(request.uiLocale);
  if (uiLocale === undefined) throw invalid('ui_locale', 'must be a BCP 47 language tag');
  return {
    returnMode,
    state,
    embedOrigins,
    ...(returnUrl && { returnUrl }),
    ...(uiLocale && { uiLocale }),
    ...(allowRecipientChange && { allowRecipientChange: true as const }),
  };
}
