import type { MessageShape } from '@bufbuild/protobuf';
import { type Duration, durationMs } from '@bufbuild/protobuf/wkt';
import type { GuardSchema } from '../../gen/otp/admin/v1/guard_service_pb.js';
import type { Config } from '../config/config.js';
import { invalid } from '../errors.js';
import { isCountry } from './countries.js';
import { numberTypeName } from './numberTypes.js';
import { defaultsOf, type GuardSettings } from './settings.js';
import type { StoredGuard } from './stored.js';

type Message = MessageShape<typeof GuardSchema>;

/** Fields of the contract that can be changed, and where each is stored. The veto has a file of its own. */
export const CHANGEABLE = {
  country_allow: 'countryAllow',
  country_block: 'countryBlock',
  number_type_block: 'numberTypeBlock',
  prefix_velocity: 'prefixVelocity',
  country_velocity: 'countryVelocity',
  approval_rate: 'approvalRate',
  country_approval_rate: 'countryApprovalRate',
  daily_ceiling: 'dailyCeiling',
  veto: 'veto',
} as const satisfies Record<string, keyof StoredGuard>;

/** The rules a message gives; undefined what it leaves to the default. Throws INVALID_REQUEST. */
export function readGuard(
  guard: Message,
  env: Config['env'],
): { readonly [K in keyof Omit<GuardSettings, 'veto'>]: GuardSettings[K] | undefined } {
  const defaults = defaultsOf(env);
  const { prefixVelocity, countryVelocity, approvalRate, countryApprovalRate, dailyCeiling } = guard;
  const velocity = (field: 'prefixVelocity' | 'countryVelocity', given: typeof prefixVelocity) =>
    given && {
      max: given.max,
      windowSeconds: seconds(given.window, defaults[field].windowSeconds, `guard.${snake(field)}.window`),
    };
  return {
    countryAllow: countries(guard.countryAllow, 'guard.country_allow'),
    countryBlock: countries(guard.countryBlock, 'guard.country_block'),
    numberTypeBlock: guard.numberTypeBlock.length > 0 ? guard.numberTypeBlock.map(numberTypeName) : undefined,
    prefixVelocity: velocity('prefixVelocity', prefixVelocity),
    countryVelocity: velocity('countryVelocity', countryVelocity),
    approvalRate: approvalRate && {
      minSends: approvalRate.minSends,
      minPercent: approvalRate.minPercent,
      windowSeconds: seconds(
        approvalRate.window,
        defaults.approvalRate.windowSeconds,
        'guard.approval_rate.window',
      ),
    },
    countryApprovalRate: countryApprovalRate && {
      minSends: countryApprovalRate.minSends,
      minPercent: countryApprovalRate.minPercent,
      minPrefixes: countryApprovalRate.minPrefixes || defaults.countryApprovalRate.minPrefixes,
      windowSeconds: seconds(
        countryApprovalRate.window,
        defaults.countryApprovalRate.windowSeconds,
        'guard.country_approval_rate.window',
      ),
    },
    dailyCeiling: dailyCeiling && {
      messages: dailyCeiling.messages,
      spendMicros: Number(dailyCeiling.spendMicros),
    },
  };
}

const snake = (name: string): string => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

function countries(given: readonly string[], field: string): readonly string[] | undefined {
  for (const [index, entry] of given.entries()) {
    if (!isCountry(entry))
      throw invalid(`${field}[${index}]`, 'must be a country (ISO 3166, such as GB) or a calling code (+44)');
  }
  return given.length > 0 ? [...given] : undefined;
}

function seconds(window: Duration | undefined, otherwise: number, field: string): number {
  if (!window) return otherwise;
  if (window.nanos !== 0) throw invalid(field, 'must be whole seconds');
  return durationMs(window) / 1000;
}
