import type { Wallet } from '../../admin/wallet/wallet.js';
import type { HashPool } from '../../secrets/hashing/hashPool.js';
import { refuseAsScenario } from '../../session/sandboxRecipients.js';
import type { StoredSession } from '../../session/stored.js';
import { type AdmitSendDeps, createAdmitSend } from './admitSend.js';
import { type ClaimRequestDeps, createClaimRequest, type EarlierSend } from './claimRequest.js';
import type {
  AddressedSend,
  AdmittedSend,
  BegunSend,
  ClaimedSend,
  CodedSend,
  IdentifiedSend,
  PaidSend,
  ParsedSend,
  PooledSend,
} from './context.js';
import { type CodeMaker, createMakeCodes } from './freshCodes.js';
import { createIdentifyRecipients, type IdentifyRecipientsDeps } from './identifyRecipients.js';
import { createInsertSession, type InsertSessionDeps } from './insertSession.js';
import { parseOptions } from './parseOptions.js';
import { createRequireProviders, type RequireProvidersDeps } from './requireProviders.js';
import { createResolveRecipients, type ResolveRecipientsDeps } from './resolveRecipients.js';
import { createFindReusable, type Reuses } from './reuse.js';
import { readSource } from './source.js';

/**
 * The steps of a Send, in the order in which they run: what refuses at the least
 * cost first, what takes something after all that takes nothing.
 */
export interface SendSteps {
  /** First: the repeat of a request that has its session needs that session and nothing else. */
  readonly claimRequest: (send: BegunSend) => Promise<ClaimedSend | EarlierSend>;
  /** Before the options, which name channels of these recipients. What the request names is checked before a sponsor is read. */
  readonly resolveRecipients: (send: ClaimedSend) => Promise<AddressedSend>;
  /** Before the store is asked about a request that is not valid. */
  readonly parseOptions: (send: AddressedSend) => ParsedSend;
  /** Before all that is kept by recipient: reuse, the limits and the budget know fingerprints only. */
  readonly identifyRecipients: (send: ParsedSend) => Promise<IdentifiedSend>;
  /** Before anything is counted: without a provider nothing is sent. */
  readonly requireProviders: (send: IdentifiedSend) => Promise<void>;
  /** Before the limits and the budget, which sandbox recipients do not count against: this refusal replaces theirs. */
  readonly refuseScenario: (send: IdentifiedSend) => void;
  /** Before the limits: a session that is given again sends nothing, so nothing is counted. */
  readonly findReusable: (send: IdentifiedSend) => Promise<StoredSession | undefined>;
  /** Before the limits: a service that is overloaded must not use up what the caller may send. */
  readonly enterHashPool: (send: IdentifiedSend) => PooledSend;
  /** Before the work. In it the guard's rules, the limits (IP, user), the recipients' budgets, then the workspace's backend, which is slowest. */
  readonly admit: (send: PooledSend) => Promise<AdmittedSend>;
  /** Before the debit, because a hash may wait, and a debit must be stored within 30 seconds. */
  readonly makeCodes: (send: AdmittedSend) => Promise<CodedSend>;
  /** The last refusal, right before the insert that records the debit. */
  readonly debit: (send: CodedSend) => Promise<PaidSend>;
  /** The commitment: session, messages and debit in one insert. Nothing is refused after it. */
  readonly insertSession: (send: PaidSend) => Promise<StoredSession>;
}

/** What the steps use. */
export interface SendStepsDeps
  extends ClaimRequestDeps,
    ResolveRecipientsDeps,
    IdentifyRecipientsDeps,
    RequireProvidersDeps,
    AdmitSendDeps,
    InsertSessionDeps {
  readonly reuses: Reuses;
  readonly pool: HashPool;
  readonly wallet: Wallet;
  readonly codes: CodeMaker;
}

export function createSendSteps(deps: SendStepsDeps): SendSteps {
  const { reuses, pool, wallet, clock } = deps;
  return {
    claimRequest: createClaimRequest(deps),
    resolveRecipients: createResolveRecipients(deps),
    parseOptions(send) {
      const { request, workspace, channels, embedHost } = send;
      const options = parseOptions(request, workspace, channels);
      return Object.assign(send, {
        options: embedHost ? { ...options, embedHost } : options,
        from: readSource(request),
      });
    },
    identifyRecipients: createIdentifyRecipients(deps),
    requireProviders: createRequireProviders(deps),
    refuseScenario: ({ scenario }) => refuseAsScenario(scenario),
    findReusable: createFindReusable(reuses),
    enterHashPool: (send) => Object.assign(send, { slot: pool.enter(send.call.principal, send.call.signal) }),
    admit: createAdmitSend(deps),
    makeCodes: createMakeCodes(deps),
    async debit(send) {
      const { mode, call, sessionId, channels } = send;
      if (mode === 'test') return Object.assign(send, { debit: undefined });
      const debit = await wallet.debit(call.principal.workspace, sessionId, channels, clock.now());
      return Object.assign(send, { debit });
    },
    insertSession: createInsertSession(deps),
  };
}
