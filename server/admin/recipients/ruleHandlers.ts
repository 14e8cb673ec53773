import {
  RecipientRuleSchema,
  type RecipientService,
} from '../../../gen/otp/admin/v1/recipient_service_pb.js';
import type { Call } from '../../call/call.js';
import type { Handlers } from '../../call/handlers.js';
import { limitIdentity } from '../../domain/limitIdentity.js';
import { partitionOf } from '../../domain/principal.js';
import { Failure, invalid } from '../../errors.js';
import { phonePrefix } from '../../guard/guardedPhones.js';
import type { Clock } from '../../platform/clock.js';
import type { Fingerprints } from '../../secrets/fingerprints.js';
import type { Documents } from '../../store/documents.js';
import type { RecipientRules, RuleSubject } from '../rules/rules.js';
import { rulesOf, type StoredRule } from '../rules/stored.js';
import type { RuleWriter } from '../rules/writeRule.js';
import { recipientsOf } from '../sessions/recipientsOf.js';
import type { RecordRead } from '../shared/audit.js';
import { modeName } from '../shared/mode.js';
import { readPage } from '../shared/paging.js';
import { namedRecipient } from '../shared/recipient.js';
import { targetMode, targetWorkspace } from '../shared/target.js';
import { applyUpdateMask } from '../shared/update.js';
import type { Workspaces } from '../workspaces/workspaces.js';
import { readChannel, readMatch, readTerms, requireManageable } from './readRule.js';
import { ruleToProto, ruleType } from './ruleToProto.js';

/** Every process keeps the rules of a workspace in memory. */
const MOST_RULES = 100_000;

export interface RuleHandlerDeps {
  readonly documents: Documents;
  readonly workspaces: Pick<Workspaces, 'exists'>;
  readonly rules: RecipientRules;
  readonly ruleWriter: RuleWriter;
  readonly fingerprints: Fingerprints;
  readonly recordRead: RecordRead;
  readonly clock: Clock;
}

type RuleMethods = Pick<
  Handlers<typeof RecipientService>,
  | 'createRecipientRule'
  | 'getRecipientRule'
  | 'listRecipientRules'
  | 'updateRecipientRule'
  | 'deleteRecipientRule'
>;

/** A recipient that is given in full or by its fingerprint, as rules look at it. */
export function ruleSubject(
  fingerprints: Fingerprints,
  workspace: string,
  { names, text }: { readonly names: readonly string[]; readonly text: string },
): RuleSubject {
  const identity = text ? namedRecipient(text).identity : undefined;
  return {
    fingerprints: () => names,
    identity: () => identity,
    prefix: () =>
      identity?.startsWith('+') ? phonePrefix(fingerprints, workspace, limitIdentity(identity)) : undefined,
  };
}

/** What is allowed, blocked and suppressed. */
export function createRuleHandlers(deps: RuleHandlerDeps): RuleMethods {
  const { documents, workspaces, rules, ruleWriter, fingerprints, clock } = deps;
  const stored = rulesOf(documents);

  function target(call: Call, request: { workspace: string; mode: Parameters<typeof modeName>[0] }) {
    const workspace = targetWorkspace(call, request.workspace);
    return {
      workspace,
      partition: partitionOf({ workspace, mode: targetMode(call, modeName(request.mode)) }),
    };
  }

  async function find(call: Call, partition: string, id: string): Promise<StoredRule> {
    const [rule] = await stored.find({ listedAs: `${partition}/${id}` }, { limit: 1 }).toArray();
    if (!rule) throw new Failure('NOT_FOUND');
    call.resource = `recipientRules/${id}`;
    return rule;
  }

  return {
    async createRecipientRule(call, request) {
      const { workspace, partition } = target(call, request);
      const given = request.recipientRule!;
      const now = clock.now();
      const channel = readChannel(given);
      const rule = {
        partition,
        type: ruleType(given.type)!,
        ...readMatch(given, fingerprints, workspace),
        ...readTerms(given, now),
        ...(channel && { channel }),
        createdBy: call.principal.client,
      };
      requireManageable(call, rule, { now, ends: true });
      if (!(await workspaces.exists(workspace))) throw new Failure('NOT_FOUND');
      if ((await rules.count(partition)) >= MOST_RULES)
        throw invalid('recipient_rule', `would be one of more than ${MOST_RULES} rules`);
      const made = await ruleWriter.create(rule);
      if (!made) throw new Failure('ALREADY_EXISTS');
      call.resource = `recipientRules/${made.id}`;
      return { recipientRule: ruleToProto(made) };
    },

    async getRecipientRule(call, request) {
      return { recipientRule: ruleToProto(await find(call, target(call, request).partition, request.id)) };
    },

    async listRecipientRules(call, request) {
      const { workspace, partition } = target(call, request);
      const type = ruleType(request.type);
      const now = clock.now();
      const names = recipientsOf(fingerprints, request)?.(workspace);
      if (names) {
        await deps.recordRead(call, { workspace, resource: `recipients/${names[0]}` });
        const subject = ruleSubject(fingerprints, workspace, { names, text: request.recipient });
        const matching = await rules.matching(partition, subject);
        const found = matching.filter((rule) => !type || rule.type === type).slice(0, 100);
        return { recipientRules: found.map(ruleToProto), nextPageToken: '' };
      }
      const { items, nextPageToken } = await readPage(
        stored,
        {
          field: 'listedAs',
          prefix: `${partition}/`,
          descending: true,
          filter: {
            ...(type && { type }),
            ...(!request.showExpired && {
              $or: [{ expiresAt: null }, { expiresAt: { $gt: new Date(now) } }],
            }),
          },
        },
        request,
      );
      return { recipientRules: items.map(ruleToProto), nextPageToken };
    },

    async updateRecipientRule(call, request) {
      const { partition } = target(call, request);
      const before = await find(call, partition, request.recipientRule?.id ?? '');
      const { resource } = applyUpdateMask(RecipientRuleSchema, {
        current: ruleToProto(before),
        patch: request.recipientRule,
        mask: request.updateMask,
        changeable: ['note', 'expires_at'],
        resource: 'recipient_rule',
      });
      const now = clock.now();
      const terms = readTerms(resource, now);
      const { expiresAt: _before, note: _note, ...kept } = before;
      requireManageable(call, { ...kept, ...terms }, { now, ends: true });
      const changed = await ruleWriter.update(before, terms);
      if (!changed) throw new Failure('NOT_FOUND');
      return { recipientRule: ruleToProto(changed) };
    },

    async deleteRecipientRule(call, request) {
      const rule = await find(call, target(call, request).partition, request.id);
      requireManageable(call, rule, { now: clock.now(), ends: false });
      if (!(await ruleWriter.delete(rule))) throw new Failure('NOT_FOUND');
      return {};
    },
  };
}
