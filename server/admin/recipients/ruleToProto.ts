import { create, type MessageShape } from '@bufbuild/protobuf';
import { timestampFromDate } from '@bufbuild/protobuf/wkt';
import { RecipientRuleSchema, RecipientRuleType } from '../../../gen/otp/admin/v1/recipient_service_pb.js';
import { channelEnum } from '../../domain/channels.js';
import type { RuleType, StoredRule } from '../rules/stored.js';

const TYPES: Readonly<Record<RuleType, RecipientRuleType>> = {
  ALLOW: RecipientRuleType.ALLOW,
  BLOCK: RecipientRuleType.BLOCK,
  SUPPRESS: RecipientRuleType.SUPPRESS,
};

export const ruleType = (type: RecipientRuleType): RuleType | undefined =>
  (Object.keys(TYPES) as RuleType[]).find((name) => TYPES[name] === type);

/** A rule as the contract shows it. */
export const ruleToProto = (rule: StoredRule): MessageShape<typeof RecipientRuleSchema> =>
  create(RecipientRuleSchema, {
    id: rule.id,
    type: TYPES[rule.type],
    fingerprint: rule.recipient ?? '',
    emailDomain: rule.emailDomain ?? '',
    phonePrefix: rule.phonePrefix ?? '',
    prefix: rule.prefix ?? '',
    maskedRecipient: rule.masked ?? '',
    ...(rule.channel && { channel: channelEnum(rule.channel) }),
    ...(rule.expiresAt && { expiresAt: timestampFromDate(rule.expiresAt) }),
    note: rule.note ?? '',
    cause: rule.cause ?? '',
    createdAt: timestampFromDate(rule.createdAt),
    createdBy: rule.createdBy,
  });
