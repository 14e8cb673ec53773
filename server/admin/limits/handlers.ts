import type { Mode } from '../../../gen/otp/admin/v1/api_key_service_pb.js';
import { LimitSchema, type LimitService } from '../../../gen/otp/admin/v1/limit_service_pb.js';
import type { Call } from '../../call/call.js';
import type { Handlers } from '../../call/handlers.js';
import { timestampField } from '../../contract/timestampField.js';
import { limitIdentity } from '../../domain/limitIdentity.js';
import { partitionOf } from '../../domain/principal.js';
import { Failure, invalid } from '../../errors.js';
import { budgetLimits } from '../../limits/recipientBudget/budgetLimits.js';
import { madeWeak, WEAK } from '../../limits/recipientBudget/guessBound.js';
import type { RecipientBudget } from '../../limits/recipientBudget/recipientBudget.js';
import {
  FIXED,
  isBudgetRule,
  MOST_OF_BUDGET,
  RULES,
  type RuleName,
  type RuleOverrides,
} from '../../limits/rules.js';
import type { Clock } from '../../platform/clock.js';
import { DAY_MS } from '../../platform/durations.js';
import type { Fingerprints } from '../../secrets/fingerprints.js';
import { longestLifetimeMs, maxFailuresInARow } from '../../session/assurance.js';
import { SESSION_LIMITS } from '../../session/limits.js';
import { channelsOf } from '../../session/status.js';
import type { StoredSession } from '../../session/stored.js';
import { below } from '../../store/documentId.js';
import type { Collection, Documents, Update } from '../../store/documents.js';
import { modeName } from '../shared/mode.js';
import { namedRecipient } from '../shared/recipient.js';
import { requireLive, targetMode, targetWorkspace } from '../shared/target.js';
import { applyUpdateMask } from '../shared/update.js';
import type { Workspace } from '../workspaces/stored.js';
import type { Workspaces } from '../workspaces/workspaces.js';
import { boundsOf, type CodeUse, guessBoundToProto } from './guessBound.js';
import { limitToProto, useToProto } from './toProto.js';

const CHANGEABLE = ['max', 'window'];

interface Deps {
  readonly documents: Documents;
  readonly workspaces: Workspaces;
  readonly budget: RecipientBudget;
  readonly fingerprints: Fingerprints;
  readonly codeUseOf: (workspace: string) => Promise<CodeUse>;
  readonly clock: Clock;
}

/** The operator's side of limits and of recipients' budgets. */
export function createLimitHandlers(deps: Deps): Handlers<typeof LimitService> {
  const { workspaces, budget, fingerprints, codeUseOf, clock } = deps;
  const stored: Collection<Workspace> = deps.documents.collection('workspaces');
  const sessions: Collection<StoredSession> = deps.documents.collection('sessions');

  async function find(workspace: string): Promise<Workspace> {
    const found = await stored.findOne({ _id: workspace, deletedAt: null });
    if (!found) throw new Failure('NOT_FOUND');
    return found;
  }

  async function boundWith(workspace: Workspace, overrides: RuleOverrides) {
    const bounds = boundsOf(workspace, overrides, clock.now());
    return guessBoundToProto(bounds, await codeUseOf(workspace._id));
  }

  async function change(workspace: string, name: RuleName, update: Update) {
    const after = await stored.findOneAndUpdate({ _id: workspace, deletedAt: null }, update);
    workspaces.forget(workspace);
    if (!after) throw new Failure('NOT_FOUND');
    return { limit: limitToProto(name, after.limits), guessBound: await boundWith(after, after.limits) };
  }

  /** The recipient a call is about, by every fingerprint its budget may be recorded under. */
  async function recipientOf(call: Call, request: NamedRecipient) {
    const workspace = targetWorkspace(call, request.workspace);
    const mode = targetMode(call, modeName(request.mode));
    const partition = partitionOf({ workspace, mode });
    if (Boolean(request.recipient) === Boolean(request.fingerprint))
      throw invalid('recipient', 'must be given, or fingerprint instead, and not both');
    const where = { workspace, partition };
    if (request.fingerprint) return { ...where, ...(await byFingerprint(where, request.fingerprint)) };
    const { identity, masked } = namedRecipient(request.recipient);
    const [fingerprint = ''] = fingerprints.recipientCandidates(workspace, identity);
    const candidates = fingerprints.recipientCandidates(workspace, limitIdentity(identity));
    return { ...where, candidates, masked, fingerprint };
  }

  /** Its newest session knows which budget it has: variants of one address share one. */
  async function byFingerprint(
    { workspace, partition }: { readonly workspace: string; readonly partition: string },
    fingerprint: string,
  ) {
    const filter = {
      _id: below(workspace),
      partition,
      recipients: fingerprint,
    };
    const [newest] = await sessions.find(filter, { sort: { _id: -1 }, limit: 1 }).toArray();
    const channel = newest && channelsOf(newest).find(([, { recipient }]) => recipient === fingerprint)?.[1];
    return { candidates: [channel?.budget ?? fingerprint], masked: channel?.masked ?? '', fingerprint };
  }

  async function standing({
    workspace,
    partition,
    candidates,
    masked,
    fingerprint,
  }: Awaited<ReturnType<typeof recipientOf>>) {
    const owner = await workspaces.get(workspace);
    const limits = budgetLimits(
      owner.limits,
      longestLifetimeMs(owner, clock.now()),
      maxFailuresInARow(owner.assurance),
    );
    const { uses, knownSources, blockedUntil, failuresInARow, disabled } = await budget.standing(
      partition,
      candidates,
      limits,
    );
    const units = uses.filter(({ codeLength }) => codeLength > 0);
    const used = (which: typeof units) => which.reduce((sum, use) => sum + use.used, 0);
    return {
      block: {
        maskedRecipient: masked,
        failures: used(units),
        shortCodeFailures: used(units.filter(({ codeLength }) => codeLength < SESSION_LIMITS.shortCodeBelow)),
        ...(blockedUntil !== undefined && timestampField('blockedUntil', new Date(blockedUntil))),
        uses: uses.map(useToProto),
        knownSources,
        consecutiveFailures: failuresInARow,
        disabled,
        fingerprint,
      },
    };
  }

  /** Refuses a change that makes codes of some length easier to guess than a workspace gets without saying so. */
  function refuseWeak(workspace: Workspace, overrides: RuleOverrides, field: string): void {
    const now = clock.now();
    const weak = madeWeak(
      boundsOf(workspace, workspace.limits, now),
      boundsOf(workspace, overrides, now),
      boundsOf(workspace, {}, now),
    );
    if (!weak) return;
    const percent = (100 * weak.chance).toFixed(2);
    throw invalid(
      field,
      `must leave the guess bound of ${weak.digits}-digit codes at ${100 * WEAK} % a year, not ${percent} %, unless accept_weak is true`,
    );
  }

  return {
    async listLimits(call, request) {
      const workspace = await find(targetWorkspace(call, request.workspace));
      return {
        limits: (Object.keys(RULES) as RuleName[]).map((name) => limitToProto(name, workspace.limits)),
        guessBound: await boundWith(workspace, workspace.limits),
      };
    },

    async updateLimit(call, request) {
      requireLive(call);
      const name = ruleNamed(call, request.limit?.rule ?? '', 'limit.rule');
      const workspace = await find(targetWorkspace(call, request.workspace));
      const { resource, fields } = applyUpdateMask(LimitSchema, {
        current: limitToProto(name, workspace.limits),
        patch: request.limit,
        mask: request.updateMask,
        changeable: CHANGEABLE,
        resource: 'limit',
      });
      const { max, window } = resource;
      if (window!.nanos !== 0) throw invalid('limit.window', 'must be whole seconds');
      if (isBudgetRule(name) && max > MOST_OF_BUDGET)
        throw invalid('limit.max', `must be at most ${MOST_OF_BUDGET} for a rule of the recipient's budget`);
      const rule = { max, windowSeconds: Number(window!.seconds) };
      const overrides = { ...workspace.limits, [name]: rule };
      const field = fields.includes('max') ? 'limit.max' : 'limit.window';
      if (!request.acceptWeak) refuseWeak(workspace, overrides, field);
      if (request.dryRun)
        return { limit: limitToProto(name, overrides), guessBound: await boundWith(workspace, overrides) };
      return change(workspace._id, name, { $set: { [`limits.${name}`]: rule } });
    },

    async resetLimit(call, request) {
      requireLive(call);
      const name = ruleNamed(call, request.rule, 'rule');
      const workspace = targetWorkspace(call, request.workspace);
      return change(workspace, name, { $unset: { [`limits.${name}`]: '' } });
    },

    async getRecipientBlock(call, request) {
      return standing(await recipientOf(call, request));
    },

    async clearRecipientBlock(call, request) {
      const recipient = await recipientOf(call, request);
      call.resource = `recipientBlocks/${recipient.candidates[0]}`;
      const { client: actor, scopes } = call.principal;
      // Each clearing gives a guessing attacker a whole budget more.
      const isUnbounded = scopes.has('admin') || scopes.has('operator');
      const by = { actor, ...(!isUnbounded && { onceIn: DAY_MS }) };
      await budget.clear(recipient.partition, recipient.candidates, by);
      return standing(recipient);
    },
  };
}

/** How a request names a recipient. */
interface NamedRecipient {
  readonly workspace: string;
  readonly mode: Mode;
  readonly recipient: string;
  readonly fingerprint: string;
}

/** A rule that a workspace may change. */
function ruleNamed(call: Call, text: string, field: string): RuleName {
  if (!Object.hasOwn(RULES, text)) throw new Failure('NOT_FOUND');
  const name = text as RuleName;
  call.resource = `limits/${name}`;
  if (FIXED.has(name)) throw invalid(field, 'holds for the whole service and cannot be changed');
  return name;
}
