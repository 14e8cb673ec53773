import { create, type MessageInitShape, type MessageShape } from '@bufbuild/protobuf';
import { durationFromMs, timestampFromDate } from '@bufbuild/protobuf/wkt';
import {
  GuardRule as GuardRuleEnum,
  GuardSchema,
  type RefusedRecipientSchema,
  type RefusedSendSchema,
} from '../../gen/otp/admin/v1/guard_service_pb.js';
import type { CountedRefusal } from '../admin/refusals/list.js';
import { OTHERS } from '../admin/refusals/refusals.js';
import { channelEnum } from '../domain/channels.js';
import { numberTypeEnum } from './numberTypes.js';
import type { GuardSettings } from './settings.js';
import type { GuardRule, RefusedRecipient } from './stored.js';

/** The rules of a workspace, as the contract shows them: the veto's secret left out. */
export function guardToProto(rules: GuardSettings): MessageShape<typeof GuardSchema> {
  const {
    countryAllow,
    countryBlock,
    numberTypeBlock,
    prefixVelocity,
    countryVelocity,
    approvalRate,
    countryApprovalRate,
    dailyCeiling,
    veto,
  } = rules;
  return create(GuardSchema, {
    countryAllow: [...countryAllow],
    countryBlock: [...countryBlock],
    numberTypeBlock: numberTypeBlock.map(numberTypeEnum),
    prefixVelocity: { max: prefixVelocity.max, window: durationFromMs(prefixVelocity.windowSeconds * 1000) },
    countryVelocity: {
      max: countryVelocity.max,
      window: durationFromMs(countryVelocity.windowSeconds * 1000),
    },
    approvalRate: {
      minSends: approvalRate.minSends,
      minPercent: approvalRate.minPercent,
      window: durationFromMs(approvalRate.windowSeconds * 1000),
    },
    countryApprovalRate: {
      minSends: countryApprovalRate.minSends,
      minPercent: countryApprovalRate.minPercent,
      minPrefixes: countryApprovalRate.minPrefixes,
      window: durationFromMs(countryApprovalRate.windowSeconds * 1000),
    },
    dailyCeiling: { messages: dailyCeiling.messages, spendMicros: BigInt(dailyCeiling.spendMicros) },
    ...(veto && {
      veto: { url: veto.url, timeout: durationFromMs(veto.timeoutMs), failOpen: veto.failOpen },
    }),
  });
}

const RULES: Readonly<Record<GuardRule, GuardRuleEnum>> = {
  'country-not-allowed': GuardRuleEnum.COUNTRY_NOT_ALLOWED,
  'country-blocked': GuardRuleEnum.COUNTRY_BLOCKED,
  'number-type': GuardRuleEnum.NUMBER_TYPE,
  'prefix-velocity': GuardRuleEnum.PREFIX_VELOCITY,
  'country-velocity': GuardRuleEnum.COUNTRY_VELOCITY,
  'approval-rate': GuardRuleEnum.APPROVAL_RATE,
  'country-approval-rate': GuardRuleEnum.COUNTRY_APPROVAL_RATE,
  'daily-messages': GuardRuleEnum.DAILY_MESSAGES,
  'daily-spend': GuardRuleEnum.DAILY_SPEND,
  veto: GuardRuleEnum.VETO,
  'veto-unanswered': GuardRuleEnum.VETO_UNANSWERED,
};

export const rulesToProto = (rules: readonly GuardRule[]): GuardRuleEnum[] =>
  rules.map((rule) => RULES[rule]);

export const recipientToProto = ({
  channel,
  masked,
  country,
  prefix,
  recipient,
  numberType,
}: RefusedRecipient): MessageInitShape<typeof RefusedRecipientSchema> => ({
  channel: channelEnum(channel),
  maskedRecipient: masked,
  country,
  prefix,
  fingerprint: recipient,
  ...(numberType && { numberType: numberTypeEnum(numberType) }),
});

const isGuardRule = (rule: string): rule is GuardRule => Object.hasOwn(RULES, rule);

/** Refusals of phones by rules of the guard, those that are counted together included. */
export const isRefusedByGuard = ({
  reason,
  rule,
  prefix,
  masked,
}: Pick<CountedRefusal, 'reason' | 'rule' | 'prefix' | 'masked'>): boolean =>
  reason === 'SEND_REFUSED' &&
  rule.split(',').every(isGuardRule) &&
  (prefix !== undefined || masked === OTHERS);

/** A refusal as ListRefusedSends shows it. */
export const refusalToProto = (row: CountedRefusal): MessageInitShape<typeof RefusedSendSchema> => {
  const { id, lastAt, client, session = '', rule, channel, masked, recipient, detail = '' } = row;
  const { country = '', prefix = '', numberType } = row;
  return {
    id,
    at: timestampFromDate(lastAt),
    client,
    sessionId: session,
    rules: rulesToProto(rule.split(',').filter(isGuardRule)),
    recipients: [
      {
        ...(channel && { channel: channelEnum(channel) }),
        maskedRecipient: masked,
        country,
        prefix,
        fingerprint: recipient,
        ...(numberType && { numberType: numberTypeEnum(numberType) }),
      },
    ],
    detail,
  };
};
