import {
  create,
  type DescMethod,
  type DescService,
  type MessageInitShape,
  type MessageShape,
} from '@bufbuild/protobuf';
import { pino } from 'pino';
import { OtpService } from '../../../../gen/otp/v1/otp_service_pb.js';
import { VerificationTokenService } from '../../../../gen/otp/v1/verification_token_service_pb.js';
import type { Refusals } from '../../../../server/admin/refusals/refusals.js';
import { createRecipientRules } from '../../../../server/admin/rules/rules.js';
import { createSenders } from '../../../../server/admin/senders/senders.js';
import { sealAddress } from '../../../../server/admin/sponsors/readAddress.js';
import { createSponsors } from '../../../../server/admin/sponsors/sponsors.js';
import {
  beneficiaryKey,
  type StoredBeneficiary,
  type StoredSponsor,
  sponsorKey,
} from '../../../../server/admin/sponsors/stored.js';
import { createWallet } from '../../../../server/admin/wallet/wallet.js';
import { createWorkspaces } from '../../../../server/admin/workspaces/workspaces.js';
import type { Call, Envelope } from '../../../../server/call/call.js';
import { createHandlerTable } from '../../../../server/call/handlers.js';
import { messageField } from '../../../../server/delivery/buildMessage.js';
import { type ChannelName, isChannelName } from '../../../../server/domain/channels.js';
import { createIds } from '../../../../server/domain/ids.js';
import type { Principal } from '../../../../server/domain/principal.js';
import { createFairPool } from '../../../../server/fairness/fairPool.js';
import type { Guard } from '../../../../server/guard/guard.js';
import { createLimiter } from '../../../../server/limits/limiter.js';
import { createRecipientBudget } from '../../../../server/limits/recipientBudget/recipientBudget.js';
import { createHandlers } from '../../../../server/otp/index.js';
import { sandboxCodeField } from '../../../../server/otp/send/freshCodes.js';
import { createEncryption } from '../../../../server/secrets/encryption.js';
import { createFingerprints } from '../../../../server/secrets/fingerprints.js';
import { createCodeHasher, type HashMode } from '../../../../server/secrets/hashing/codeHasher.js';
import { type HashPool, openHashPool } from '../../../../server/secrets/hashing/hashPool.js';
import { createJwt } from '../../../../server/secrets/tokens/jwt.js';
import { createSessionTokens } from '../../../../server/secrets/tokens/sessionTokens.js';
import { createVerificationTokens } from '../../../../server/secrets/tokens/verificationToken.js';
import type { StoredSession } from '../../../../server/session/stored.js';
import type { Documents } from '../../../../server/store/documents.js';
import { insertOnce } from '../../../../server/store/insertOnce.js';
import { fixedKeys } from '../../../support/fixedKeys.js';
import { ManualClock } from '../../../support/manualClock.js';
import { oneProcess } from '../../../support/oneProcess.js';
import { seededRandom } from '../../../support/seededRandom.js';

/** The methods of a service, called without a transport: failures are thrown as they were made. */
type Methods<S extends DescService> = {
  readonly [M in keyof S['method']]: (
    request: MessageInitShape<(S['method'][M] & DescMethod)['input']>,
  ) => Promise<MessageShape<(S['method'][M] & DescMethod)['output']>>;
};

/** What one caller can do. */
export type Caller = Methods<typeof OtpService> & Methods<typeof VerificationTokenService>;

/** One process: the real use cases over a store, with time, randomness and keys in the test's hands. */
export interface UseCases {
  readonly clock: ManualClock;
  /** Comparisons of a code with a stored hash, so far. */
  comparisons(): number;
  /** A caller with every scope of a workspace; `envelope` changes how its calls come in. */
  as(principal: Pick<Principal, 'workspace'> & Partial<Principal>, envelope?: Partial<Envelope>): Caller;
  /** The codes a session's recipients have been sent, read from what is sealed in the store. */
  codes(workspace: string, sessionId: string): Promise<Record<ChannelName, string>>;
  stored(workspace: string, sessionId: string): Promise<StoredSession>;
  /** Puts a phone on file with a sponsor, which is made. */
  putOnFile(workspace: string, beneficiary: BeneficiaryName, phone: string): Promise<void>;
}

interface BeneficiaryName {
  readonly sponsorSlug: string;
  readonly beneficiaryId: string;
}

interface Options {
  /** Shared by processes that share a store. */
  readonly clock?: ManualClock;
  readonly hash?: HashMode;
  readonly pool?: HashPool;
  /** Called at every comparison of a code with a stored hash. */
  readonly onComparison?: () => void;
  /** Default: no rule of it is on. */
  readonly guard?: Guard;
  /** Default: nothing is counted. */
  readonly refusals?: Refusals;
}

let processes = 0;

/** No worker takes messages or events: these tests are about what the calls themselves do. */
const idle = { offer() {}, begin: async () => undefined };

/** No rule of the guard is on. */
const open: Guard = {
  enter: async () => ({ ask: async () => {}, giveBack: async () => {} }),
  watches: async () => false,
  approved: async () => {},
  failed: async () => {},
};

export function createUseCases(documents: Documents, options: Options = {}): UseCases {
  const { clock = new ManualClock(), hash = 'hmac', pool = openHashPool, onComparison } = options;
  const random = seededRandom(`process ${processes++}`);
  const newId = createIds(clock, random);
  const encryption = createEncryption(fixedKeys('encryption'), random);
  const fingerprints = createFingerprints(fixedKeys('index'));
  const workspaces = createWorkspaces(documents, clock);
  const log = pino({ level: 'silent' });
  const real = createCodeHasher(hash, fixedKeys('pepper'), random);
  let comparisons = 0;
  const hasher: typeof real = {
    hash: real.hash,
    verify(...comparing) {
      comparisons++;
      onComparison?.();
      return real.verify(...comparing);
    },
  };
  const parts = {
    documents,
    workspaces,
    limiter: createLimiter(documents, clock, random),
    budget: createRecipientBudget({ documents, clock, random }),
    codes: { hasher, encryption, random },
    pool,
    listing: createFairPool({ concurrency: 2, waitingRoom: 64, usualMs: 15, clock }),
    fingerprints,
    sessionTokens: createSessionTokens(createJwt(fixedKeys('signing'), clock)),
    verificationTokens: createVerificationTokens(fixedKeys('token')),
    sponsors: createSponsors(documents, encryption, clock),
    senders: createSenders(documents, clock),
    wallet: createWallet({ documents, newId, clock, log }),
    supports: () => true,
    guard: options.guard ?? open,
    rules: createRecipientRules(documents, clock),
    outbox: idle,
    events: idle,
    sent: () => {},
    refusals: options.refusals ?? { add: () => {}, flush: async () => {}, forget: async () => 0 },
    listening: async () => false,
    checked: () => {},
    processes: oneProcess(),
    baseUrl: () => 'https://otp.example.com',
    development: true,
    newId,
    clock,
  };
  const handlers = createHandlerTable(createHandlers(parts));

  function call<M extends DescMethod>(method: M, who: Principal, envelope: Partial<Envelope>) {
    return async (request: MessageInitShape<M['input']>): Promise<MessageShape<M['output']>> => {
      const handler = handlers.find(method);
      if (!handler) throw new Error(`no use case for ${method.name}`);
      const made: Call = {
        transport: 'connect',
        peer: '127.0.0.1',
        signal: new AbortController().signal,
        ...envelope,
        method,
        requestId: newId(),
        log,
        startedAt: clock.now(),
        begunAt: 0,
        principal: who,
      };
      const message = create(method.input, request) as MessageShape<M['input']>;
      return create(method.output, await handler(made, message)) as MessageShape<M['output']>;
    };
  }

  const methods = [OtpService, VerificationTokenService].flatMap(({ methods }): DescMethod[] => methods);
  const stored = async (workspace: string, sessionId: string) => {
    const session = await documents
      .collection<StoredSession>('sessions')
      .findOne({ _id: `${workspace}/${sessionId}` });
    if (!session) throw new Error(`no session ${workspace}/${sessionId}`);
    return session;
  };
  return {
    clock,
    comparisons: () => comparisons,
    as(principal, envelope = {}) {
      const who: Principal = { mode: 'live', client: 'client', scopes: new Set(), ...principal };
      const calls = methods.map((method) => [method.localName, call(method, who, envelope)]);
      return Object.fromEntries(calls) as Caller;
    },
    async codes(workspace, sessionId) {
      const { _id, channels } = await stored(workspace, sessionId);
      const open = (field: string, sealed: string) =>
        encryption.open({ collection: 'sessions', id: _id, field }, sealed);
      const codes = Object.entries(channels).flatMap(([name, { delivery, sandboxCode }]) => {
        if (!isChannelName(name)) return [];
        if (sandboxCode) return [[name, open(sandboxCodeField(name), sandboxCode)]];
        return delivery.message ? [[name, open(messageField(name), delivery.message)]] : [];
      });
      return Object.fromEntries(codes) as Record<ChannelName, string>;
    },
    stored,
    async putOnFile(workspace, { sponsorSlug, beneficiaryId }, phone) {
      const createdAt = new Date(clock.now());
      await insertOnce(documents.collection<StoredSponsor>('sponsors'), {
        _id: sponsorKey(workspace, sponsorSlug),
        displayName: sponsorSlug,
        channels: ['sms'],
        otpForbidden: false,
        rules: [],
        clients: [],
        createdAt,
      });
      const _id = beneficiaryKey(workspace, sponsorSlug, beneficiaryId);
      const onFile = { phone: sealAddress(encryption, _id, { field: 'phone', text: phone }), createdAt };
      await documents.collection<StoredBeneficiary>('beneficiaries').insertOne({ _id, ...onFile });
    },
  };
}

/** Why a call was refused, or 'OK'. */
export const reasonOf = (call: Promise<unknown>): Promise<string> =>
  call.then(
    () => 'OK',
    (thrown: { reason?: string }) => {
      if (!thrown.reason) throw thrown;
      return thrown.reason;
    },
  );

/** How often each outcome occurs. */
export function tally(outcomes: readonly string[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const outcome of outcomes) counts[outcome] = (counts[outcome] ?? 0) + 1;
  return counts;
}

/** A code of the same length that is not this one. */
export const wrong = (code: string): string => (code.startsWith('0') ? '1' : '0') + code.slice(1);

let people = 0;

/** Recipients that no test has sent anything to. */
export function newRecipients(...channels: readonly ChannelName[]): Record<string, string> {
  const address = (channel: ChannelName) =>
    channel === 'email'
      ? `person.${++people}@example.com`
      : `+57300${String(1_000_000 + ++people).slice(0, 7)}`;
  return Object.fromEntries(channels.map((channel) => [channel, address(channel)]));
}
