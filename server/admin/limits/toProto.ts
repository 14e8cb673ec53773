import { create, type MessageShape } from '@bufbuild/protobuf';
import { durationFromMs, timestampFromMs } from '@bufbuild/protobuf/wkt';
import { Lane, LimitSchema, LimitUseSchema } from '../../../gen/otp/admin/v1/limit_service_pb.js';
import type { BudgetUse } from '../../limits/recipientBudget/standing.js';
import { FIXED, RULES, type RuleName, type RuleOverrides, ruleFor } from '../../limits/rules.js';

/** A rule with what the workspace changed of it, as the contract shows it. */
export function limitToProto(name: RuleName, overrides: RuleOverrides): MessageShape<typeof LimitSchema> {
  const { max, windowSeconds } = ruleFor(name, overrides);
  return create(LimitSchema, {
    rule: name,
    max,
    window: durationFromMs(windowSeconds * 1000),
    defaultMax: RULES[name].max,
    defaultWindow: durationFromMs(RULES[name].windowSeconds * 1000),
    changed: overrides[name] !== undefined,
    fixed: FIXED.has(name),
  });
}

/** What is used of one limit of a recipient's budget. */
export function useToProto(use: BudgetUse): MessageShape<typeof LimitUseSchema> {
  return create(LimitUseSchema, {
    rule: use.rule,
    lane: use.lane === 'open' ? Lane.OPEN : Lane.KNOWN,
    codeLength: use.codeLength,
    used: use.used,
    max: use.max,
    window: durationFromMs(use.countsMs),
    ...(use.freeAt !== undefined && { freeAgainAt: timestampFromMs(use.freeAt) }),
  });
}
