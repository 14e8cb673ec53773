import type { Mode } from '../../../gen/otp/admin/v1/api_key_service_pb.js';
import { LimitSchema, type LimitService } from '../../../gen/otp/admin/v1/limit_service_pb.js';
import type { Call } from '../../call/call.js';
import type { Handlers } from '../../call/handlers.js';
import { when } from '../../contract/timestampField.js';
import { partitionOf } from '../../domain/principal.js';
import { Failure, invalid } from '../../errors.js';
import type { RecipientBlock } from '../../limits/recipientBlock.js';
import { FIXED, RULES, type RuleName, type RuleOverrides } from '../../limits/rules.js';
import type { Fingerprints } from '../../secrets/fingerprints.js';
import type { Collection, Documents, Update } from '../../store/documents.js';
import { modeName } from '../shared/mode.js';
import { namedRecipient } from '../shared/recipient.js';
import { requireLive, targetMode, targetWorkspace } from '../shared/target.js';
import { applyUpdateMask } from '../shared/update.js';
import type { Workspace } from '../workspaces/stored.js';
import type { Workspaces } from '../workspaces/workspaces.js';
import { limitToProto } from './toProto.js';

const CHANGEABLE = ['max', 'window'];

interface Deps {
  readonly documents: Documents;
  readonly workspaces: Workspaces;
  readonly block: RecipientBlock;
  readonly fingerprints: Fingerprints;
}

/** The operator's side of limits and recipient blocks. */
export function createLimitHandlers(deps: Deps): Handlers<typeof LimitService> {
  const { workspaces, block, fingerprints } = deps;
  const stored: Collection<Workspace> = deps.documents.collection('workspaces');

  async function limitsOf(workspace: string): Promise<RuleOverrides> {
    const found = await stored.findOne({ _id: workspace, deletedAt: null });
    if (!found) throw new Failure('NOT_FOUND');
    return found.limits;
  }

  async function change(workspace: string, name: RuleName, update: Update) {
    const after = await stored.findOneAndUpdate({ _id: workspace, deletedAt: null }, update);
    workspaces.forget(workspace);
    if (!after) throw new Failure('NOT_FOUND');
    return { limit: limitToProto(name, after.limits) };
  }

  /** The recipient a call is about, by every fingerprint it may be recorded under. */
  function recipientOf(call: Call, request: { workspace: string; mode: Mode; recipient: string }) {
    const workspace = targetWorkspace(call, request.workspace);
    const mode = targetMode(call, modeName(request.mode));
    const { identity, masked } = namedRecipient(request.recipient);
    const candidates = fingerprints.recipientCandidates(workspace, identity);
    return { partition: partitionOf({ workspace, mode }), candidates, masked };
  }

  async function standing({ partition, candidates, masked }: ReturnType<typeof recipientOf>) {
    const { failures, shortCodeFailures, blockedUntil } = await block.standing(partition, candidates);
    return {
      block: {
        maskedRecipient: masked,
        failures,
        shortCodeFailures,
        ...when('blockedUntil', blockedUntil),
      },
    };
  }

  return {
    async listLimits(call, request) {
      const overrides = await limitsOf(targetWorkspace(call, request.workspace));
      return { limits: (Object.keys(RULES) as RuleName[]).map((name) => limitToProto(name, overrides)) };
    },

    async updateLimit(call, request) {
      requireLive(call);
      const workspace = targetWorkspace(call, request.workspace);
      const name = ruleNamed(call, request.limit?.rule ?? '', 'limit.rule');
      const before = limitToProto(name, await limitsOf(workspace));
      const { resource } = applyUpdateMask(
        LimitSchema,
        before,
        request.limit,
        request.updateMask,
        CHANGEABLE,
        'limit',
      );
      const { max, window } = resource;
      if (window!.nanos !== 0) throw invalid('limit.window', 'must be whole seconds');
      const rule = { max, windowSeconds: Number(window!.seconds) };
      return change(workspace, name, { $set: { [`limits.${name}`]: rule } });
    },

    async resetLimit(call, request) {
      requireLive(call);
      const name = ruleNamed(call, request.rule, 'rule');
      const workspace = targetWorkspace(call, request.workspace);
      return change(workspace, name, { $unset: { [`limits.${name}`]: '' } });
    },

    async getRecipientBlock(call, request) {
      return standing(recipientOf(call, request));
    },

    async clearRecipientBlock(call, request) {
      const recipient = recipientOf(call, request);
      call.resource = `recipientBlocks/${recipient.candidates[0]}`;
      await block.forget(recipient.partition, recipient.candidates);
      return standing(recipient);
    },
  };
}

/** A rule that a workspace may change. */
function ruleNamed(call: Call, text: string, field: string): RuleName {
  if (!Object.hasOwn(RULES, text)) throw new Failure('NOT_FOUND');
  const name = text as RuleName;
  call.resource = `limits/${name}`;
  if (FIXED.has(name)) throw invalid(field, 'holds for the whole service and cannot be changed');
  return name;
}
