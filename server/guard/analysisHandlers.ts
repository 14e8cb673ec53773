import { clone } from '@bufbuild/protobuf';
import { timestampFromMs, timestampMs } from '@bufbuild/protobuf/wkt';
import {
  GuardRule as GuardRuleEnum,
  GuardSchema,
  type GuardService,
  PrefixState as PrefixStateEnum,
  type SimulateGuardRequest,
} from '../../gen/otp/admin/v1/guard_service_pb.js';
import type { ReadRefusals } from '../admin/refusals/read.js';
import { targetWorkspace } from '../admin/shared/target.js';
import { applyUpdateMask } from '../admin/shared/update.js';
import type { Wallet } from '../admin/wallet/wallet.js';
import type { Handlers } from '../call/handlers.js';
import type { Config } from '../config/config.js';
import { invalid } from '../errors.js';
import type { FairPool } from '../fairness/fairPool.js';
import type { Logger } from '../observe/log.js';
import type { Clock } from '../platform/clock.js';
import { DAY_MS } from '../platform/durations.js';
import type { StoredSession } from '../session/stored.js';
import type { Documents } from '../store/documents.js';
import { createPrefixList, PREFIX_STATES } from './prefixes.js';
import { CHANGEABLE, readGuard } from './readGuard.js';
import { defaultsOf, type GuardSettings } from './settings.js';
import { readSent } from './simulation/readSent.js';
import { simulate } from './simulation/simulate.js';
import type { Tallies } from './tally.js';
import { guardToProto, rulesToProto } from './toProto.js';

/** How far back a simulation goes. */
const MOST_DAYS = 30;
const USUAL_DAYS = 7;

interface Deps {
  readonly config: Pick<Config, 'env'>;
  readonly documents: Documents;
  readonly tallies: Tallies;
  readonly readRefusals: ReadRefusals;
  readonly wallet: Pick<Wallet, 'priceOf'>;
  /** The rules of a workspace, read now. Throws NOT_FOUND. */
  readonly guardOf: (workspace: string) => Promise<GuardSettings>;
  /** Turns of those who list. */
  readonly listing: FairPool;
  readonly log: Logger;
  readonly clock: Clock;
}

/** What analysts see of the guard. */
export function createAnalysisHandlers(
  deps: Deps,
): Pick<Handlers<typeof GuardService>, 'listPrefixes' | 'simulateGuard'> {
  const { config, guardOf, listing, clock } = deps;
  const sessions = deps.documents.collection<StoredSession>('sessions');
  const listPrefixes = createPrefixList(deps);

  /** The guard that is simulated: nothing is stored. */
  function simulated(before: GuardSettings, { guard, updateMask }: SimulateGuardRequest): GuardSettings {
    if (!updateMask || updateMask.paths.length === 0) return before;
    const { resource, fields } = applyUpdateMask(GuardSchema, {
      current: guardToProto(before),
      patch: guard && clone(GuardSchema, guard),
      mask: updateMask,
      changeable: Object.keys(CHANGEABLE),
      resource: 'guard',
    });
    const given: Record<string, unknown> = readGuard(resource, config.env);
    const defaults: Record<string, unknown> = { ...defaultsOf(config.env) };
    const changed = fields.map((field) => CHANGEABLE[field as keyof typeof CHANGEABLE]);
    const values = changed.flatMap((name) =>
      name === 'veto' ? [] : [[name, given[name] ?? defaults[name]] as const],
    );
    const { veto, ...rules } = { ...before, ...Object.fromEntries(values) };
    const hasVeto = changed.includes('veto') ? resource.veto?.url : veto;
    // Whether there is one matters to the approval rates; it is never asked.
    return {
      ...rules,
      ...(hasVeto && { veto: veto ?? { url: '', secret: '', timeoutMs: 0, failOpen: false } }),
    };
  }

  return {
    async listPrefixes(call, request) {
      const workspace = targetWorkspace(call, request.workspace);
      const rules = await guardOf(workspace);
      const slot = listing.enter(call.principal, call.signal);
      try {
        const { prefixes, nextPageToken } = await listPrefixes(
          { workspace, rules, slot, now: clock.now() },
          {
            ...request,
            state: PREFIX_STATES.find((name) => PrefixStateEnum[name] === request.state),
          },
        );
        return {
          prefixes: prefixes.map(({ masked, sends, approvals, refused, state, ...view }) => ({
            ...view,
            maskedPrefix: masked,
            sends: BigInt(sends),
            approvals: BigInt(approvals),
            refused: BigInt(refused),
            state: PrefixStateEnum[state],
          })),
          nextPageToken,
        };
      } finally {
        slot.leave();
      }
    },

    async simulateGuard(call, request) {
      const workspace = targetWorkspace(call, request.workspace);
      const rules = simulated(await guardOf(workspace), request);
      const range = rangeOf(request, clock.now());
      const slot = listing.enter(call.principal, call.signal);
      try {
        const sent = await readSent(sessions, { workspace, ...range, turn: (read) => slot.run(read) });
        const past = { workspace, sessions: sent.sessions, to: range.to };
        const { priceOf } = deps.wallet;
        const found = await simulate(past, {
          rules,
          priceOf,
          log: deps.log,
          turn: (replay) => slot.run(replay),
          signal: call.signal,
        });
        return {
          sends: BigInt(found.sends),
          refused: BigInt(found.refused),
          refusedApproved: BigInt(found.approved),
          savedMicros: BigInt(found.savedMicros),
          rules: [...found.rules].map(([rule, { refused, approved }]) => ({
            rule: rulesToProto([rule])[0]!,
            refused: BigInt(refused),
            refusedApproved: BigInt(approved),
          })),
          notSimulated: rules.veto ? [GuardRuleEnum.VETO, GuardRuleEnum.VETO_UNANSWERED] : [],
          simulatedFrom: timestampFromMs(sent.from),
        };
      } finally {
        slot.leave();
      }
    },
  };
}

function rangeOf(request: SimulateGuardRequest, now: number): { from: number; to: number } {
  // What was sent in this millisecond is included.
  const to = request.to ? timestampMs(request.to) : now + 1;
  const earliest = now - MOST_DAYS * DAY_MS;
  const from = request.from ? timestampMs(request.from) : Math.max(earliest, to - USUAL_DAYS * DAY_MS);
  if (from >= to) throw invalid('to', 'must be later than from');
  if (from < earliest) throw invalid('from', `must be at most ${MOST_DAYS} days ago`);
  return { from, to };
}
