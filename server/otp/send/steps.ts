import type { Wallet } from '../../admin/wallet/wallet.js';
import type { RecipientBlock } from '../../limits/recipientBlock.js';
import type { HashPool } from '../../secrets/hashing/hashPool.js';
import { refuseAsScenario } from '../../session/sandboxRecipients.js';
import type { StoredSession } from '../../session/stored.js';
import { type AdmitSendDeps, createAdmitSend } from './admitSend.js';
import { type ClaimRequestDeps, createClaimRequest, type EarlierSend } from './claimRequest.js';
import type {
  AddressedSend,
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
  /** Before all that is kept by recipient: the block, reuse and the limits know fingerprints only. */
  readonly identifyRecipients: (send: ParsedSend) => Promise<IdentifiedSend>;
  /** Before anything is counted: without a provider nothing is sent. */
  readonly requireProviders: (send: IdentifiedSend) => void;
  /** Before the block and the limits, which sandbox recipients do not count against: this refusal replaces theirs. */
  readonly refuseScenario: (send: IdentifiedSend) => void;
  /** Before reuse: to a blocked recipient no session is opened, nor an open one given again. */
  readonly checkBlock: (send: IdentifiedSend) => Promise<void>;
  /** Before the limits: a session that is given again sends nothing, so nothing is counted. */
  readonly findReusable: (send: IdentifiedSend) => Promise<StoredSession | undefined>;
  /** Before the limits: a service that is overloaded must not use up what the caller may send. */
  readonly enterHashPool: (send: IdentifiedSend) => PooledSend;
  /** Before the work. In it the guard's rules, then the limits (IP, user, then recipient), then the workspace's backend, which is slowest. */
  readonly admit: (send: PooledSend) => Promise<void>;
  /** Before the debit, because a hash may wait, and a debit must be stored within 30 seconds. */
  readonly makeCodes: (send: PooledSend) => Promise<CodedSend>;
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
  readonly block: RecipientBlock;
  readonly reuses: Reuses;
  readonly pool: HashPool;
  readonly wallet: Wallet;
  readonly codes: CodeMaker;
}

export function createSendSteps(deps: SendStepsDeps): SendSteps {
  const { block, reuses, pool, wallet } = deps;
  return {
    claimRequest: createClaimRequest(deps),
    resolveRecipients: createResolveRecipients(deps),
    parseOptions: (send) => ({ ...send, options: parseOptions(send.request, send.workspace, send.channels) }),
    identifyRecipients: createIdentifyRecipients(deps),
    requireProviders: createRequireProviders(deps),
    refuseScenario: ({ scenario }) => refuseAsScenario(scenario),
    async checkBlock({ scenario, partition, recipients }) {
      if (scenario) return;
      const fingerprints = recipients.map(({ fingerprint }) => fingerprint);
      await block.check(partition, fingerprints);
    },
    findReusable: createFindReusable(reuses),
    enterHashPool: (send) => ({ ...send, slot: pool.enter(send.call.principal, send.call.signal) }),
    admit: createAdmitSend(deps),
    makeCodes: createMakeCodes(deps),
    async debit(send) {
      const { mode, call, sessionId, channels, now } = send;
      if (mode === 'test') return { ...send, debit: undefined };
      return { ...send, debit: await wallet.debit(call.principal.workspace, sessionId, channels, now) };
    },
    insertSession: createInsertSession(deps),
  };
}
