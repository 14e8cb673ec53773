import { create, type MessageShape } from '@bufbuild/protobuf';
import { durationFromMs } from '@bufbuild/protobuf/wkt';
import { LimitSchema } from '../../../gen/otp/admin/v1/limit_service_pb.js';
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
