import {
  type ApprovalRate,
  type Guard,
  NumberType,
  type Velocity,
} from '../../../gen/otp/admin/v1/guard_service_pb.js';
import { count, duration } from '../format.js';
import { nameOf } from '../words.js';
import { Facts } from './Facts.js';

const OFF = 'off';

const velocity = (rule: Velocity | undefined): string =>
  rule && rule.max > 0 ? `${count(rule.max)} in ${duration(rule.window)}` : OFF;

const rate = (rule: Pick<ApprovalRate, 'minSends' | 'minPercent' | 'window'> | undefined): string =>
  rule && rule.minSends > 0
    ? `at least ${rule.minPercent}% of ${count(rule.minSends)} or more in ${duration(rule.window)}`
    : OFF;

const ceiling = ({ dailyCeiling: day }: Guard): string =>
  [
    day && day.messages > 0 && `${count(day.messages)} messages`,
    day && day.spendMicros > 0n && `a price of ${count(Number(day.spendMicros) / 1e6)}`,
  ]
    .filter(Boolean)
    .join(' or ') || 'no ceiling';

/** The rules in force, in words. */
export const GuardFacts = ({ guard }: { readonly guard: Guard }) => (
  <Facts
    facts={[
      ['Allowed countries', guard.countryAllow.join(', ') || 'all'],
      ['Blocked countries', guard.countryBlock.join(', ') || 'none'],
      ['Blocked numbers', guard.numberTypeBlock.map((type) => nameOf(NumberType, type)).join(', ') || 'none'],
      ['One prefix', velocity(guard.prefixVelocity)],
      ['One country', velocity(guard.countryVelocity)],
      ['Entered at a prefix', rate(guard.approvalRate)],
      [
        'Entered in a country',
        guard.countryApprovalRate?.minSends
          ? `${rate(guard.countryApprovalRate)}, over ${count(guard.countryApprovalRate.minPrefixes)} prefixes`
          : OFF,
      ],
      ['A day', ceiling(guard)],
      [
        'Veto',
        guard.veto?.url
          ? `${guard.veto.url}, ${guard.veto.failOpen ? 'sends' : 'refuses'} without a response in ${duration(guard.veto.timeout)}`
          : 'none',
      ],
    ]}
  />
);
