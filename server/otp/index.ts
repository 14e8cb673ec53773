import { OtpService } from '../../gen/otp/v1/otp_service_pb.js';
import { VerificationPageService } from '../../gen/otp/v1/verification_page_service_pb.js';
import { VerificationTokenService } from '../../gen/otp/v1/verification_token_service_pb.js';
import type { Refusals } from '../admin/refusals/refusals.js';
import type { RecipientRules } from '../admin/rules/rules.js';
import type { Senders } from '../admin/senders/senders.js';
import type { Sponsors } from '../admin/sponsors/sponsors.js';
import type { Sent } from '../admin/stats/stats.js';
import type { Wallet } from '../admin/wallet/wallet.js';
import type { Workspace } from '../admin/workspaces/stored.js';
import type { Workspaces } from '../admin/workspaces/workspaces.js';
import type { Handler } from '../call/call.js';
import { type Handlers, type Registration, registerService } from '../call/handlers.js';
import type { Outbox } from '../delivery/outbox.js';
import type { ChannelName } from '../domain/channels.js';
import type { FairPool } from '../fairness/fairPool.js';
import type { Guard } from '../guard/guard.js';
import type { Limiter } from '../limits/limiter.js';
import { budgetLimits } from '../limits/recipientBudget/budgetLimits.js';
import type { RecipientBudget } from '../limits/recipientBudget/recipientBudget.js';
import type { Clock } from '../platform/clock.js';
import type { Fingerprints } from '../secrets/fingerprints.js';
import type { HashPool } from '../secrets/hashing/hashPool.js';
import type { SessionTokens } from '../secrets/tokens/sessionTokens.js';
import type { VerificationTokens } from '../secrets/tokens/verificationToken.js';
import { longestLifetimeMs, maxFailuresInARow } from '../session/assurance.js';
import type { StoredSession } from '../session/stored.js';
import { workspaceOf } from '../store/documentId.js';
import type { Documents } from '../store/documents.js';
import type { DueQueue } from '../store/dueQueue.js';
import type { Processes } from '../store/processes/processes.js';
import { createCancelSession } from './cancelSession.js';
import { createGetSession } from './getSession.js';
import { createIdempotency } from './idempotency/claims.js';
import { createIntrospect } from './introspect.js';
import { createListSessions } from './listSessions.js';
import { createCreateVerificationPage } from './pages/createVerificationPage.js';
import { createGetVerificationPage } from './pages/getVerificationPage.js';
import { createPages } from './pages/pages.js';
import { createRedeem } from './redeem.js';
import { createResend } from './resend.js';
import type { CodeMaker } from './send/freshCodes.js';
import { createReuses } from './send/reuse.js';
import { createSend, createSender } from './send.js';
import { createValidate } from './validate.js';
import { createCheckCode } from './verify/checkCode.js';
import { createCheckCodes, type OnChecked } from './verify/checkCodes.js';
import { createCheckUnread } from './verify/checkUnread.js';
import { createReplayOrCheck } from './verify/replayOrCheck.js';
import { createVerify } from './verify.js';

/** What the use cases use. */
export interface OtpDeps {
  readonly documents: Documents;
  readonly workspaces: Workspaces;
  readonly rules: Pick<RecipientRules, 'check'>;
  readonly guard: Guard;
  readonly limiter: Limiter;
  readonly budget: RecipientBudget;
  readonly codes: CodeMaker;
  readonly pool: HashPool;
  /** Admission to listing sessions. */
  readonly listing: FairPool;
  readonly fingerprints: Fingerprints;
  readonly sessionTokens: SessionTokens;
  readonly verificationTokens: VerificationTokens;
  readonly sponsors: Sponsors;
  readonly senders: Senders;
  readonly wallet: Wallet;
  readonly supports: (
    workspace: Workspace,
    channel: ChannelName,
    withTransaction: boolean,
  ) => boolean | Promise<boolean>;
  readonly outbox: Outbox;
  readonly events: Pick<DueQueue<StoredSession>, 'offer'>;
  readonly sent: Sent;
  readonly refusals: Refusals;
  /** Whether a webhook endpoint is subscribed to the partition's sessions. */
  readonly listening: (partition: string) => Promise<boolean>;
  /** Notified of every code that was checked. */
  readonly checked: OnChecked;
  readonly processes: Pick<Processes, 'id' | 'hasEnded'>;
  /** URL of the service, for verification pages; undefined where it is not known. */
  readonly baseUrl: () => string | undefined;
  readonly development: boolean;
  readonly newId: () => string;
  readonly clock: Clock;
}

/** The use cases by method of the contract. */
export function createHandlers(deps: OtpDeps): readonly Registration<Handler>[] {
  const { documents, fingerprints, verificationTokens, sessionTokens, clock } = deps;
  const sessions = documents.collection<StoredSession>('sessions');
  const limitsOf = async ({ _id }: StoredSession) => {
    const workspace = await deps.workspaces.get(workspaceOf({ _id }));
    return budgetLimits(
      workspace.limits,
      longestLifetimeMs(workspace, clock.now()),
      maxFailuresInARow(workspace.assurance),
    );
  };
  const checkCode = createCheckCode({ ...deps, sessions, hasher: deps.codes.hasher, limitsOf });
  const checking = {
    ...deps,
    sessions,
    checkUnread: createCheckUnread({ ...deps, checkCode }),
    replayOrCheck: createReplayOrCheck({
      sessions,
      checkCodes: createCheckCodes({ ...deps, checkCode }),
      clock,
    }),
    tokens: verificationTokens,
  };
  const sending = {
    ...deps,
    sessions,
    idempotency: createIdempotency({ documents, processes: deps.processes, fingerprints, clock }),
    reuses: createReuses(documents, sessions, clock),
    tokens: sessionTokens,
  };
  const otp: Handlers<typeof OtpService> = {
    send: createSend(sending),
    validate: createValidate(checking),
    verify: createVerify(checking),
    resend: createResend({ ...deps, sessions }),
    listSessions: createListSessions({
      sessions,
      documents: deps.documents,
      fingerprints,
      listing: deps.listing,
      clock,
    }),
    getSession: createGetSession(sessions, clock),
    cancelSession: createCancelSession(sessions, clock),
  };
  const token: Handlers<typeof VerificationTokenService> = {
    introspect: createIntrospect(sessions, verificationTokens, clock),
    redeem: createRedeem({ ...deps, sessions, tokens: verificationTokens }),
  };
  const pages = createPages(documents, clock);
  const page: Handlers<typeof VerificationPageService> = {
    createVerificationPage: createCreateVerificationPage({
      ...sending,
      pages,
      random: deps.codes.random,
      send: createSender(sending),
    }),
    getVerificationPage: createGetVerificationPage({ ...deps, pages, sessions }),
  };
  return [
    ...registerService(OtpService, otp),
    ...registerService(VerificationTokenService, token),
    ...registerService(VerificationPageService, page),
  ];
}
