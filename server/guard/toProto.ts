import { create, type MessageInitShape, type MessageShape } from '@bufbuild/protobuf';
import { durationFromMs, timestampFromDate } from '@bufbuild/protobuf/wkt';
import {
  GuardRule as GuardRuleEnum,
  GuardSchema,
  type RefusedRecipientSchema,
  type RefusedSendSchema,
} from '../../gen/otp/admin/v1/guard_service_pb.js';
import { channelEnum } from '../domain/channels.js';
import { idOf } from '../store/documentId.js';
import { numberTypeEnum } from './numberTypes.js';
import type { GuardSettings } from './settings.js';
import type { GuardRule, RefusedRecipient, StoredRefusal } from './stored.js';

/** The rules of a workspace, as the contract shows them: the veto's secret left out. */
export function guardToProto(rules: GuardSettings): MessageShape<typeof GuardSchema> {
  const {
    countryAllow,
    countryBlock,
    numberTypeBlock,
    prefixVelocity,
    countryVelocity,
    approvalRate,
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

export const refusalToProto = (refused: StoredRefusal): MessageInitShape<typeof RefusedSendSchema> => ({
  id: idOf(refused),
  at: timestampFromDate(refused.at),
  client: refused.client,
  sessionId: refused.sessionId ?? '',
  rules: rulesToProto(refused.rules),
  recipients: refused.recipients.map(recipientToProto),
  detail: refused.detail ?? '',
});
