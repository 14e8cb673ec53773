import type { MessageInitShape } from '@bufbuild/protobuf';
import { type Duration, durationFromMs, durationMs } from '@bufbuild/protobuf/wkt';
import { type Guard, type GuardSchema, NumberType } from '../../../gen/otp/admin/v1/guard_service_pb.js';
import { enumOf, optionsOf } from '../words.js';
import { Check, Group, Text, type Values } from './Fields.js';

/** Every field of the form, as an update mask names it. */
export const GUARD_PATHS = [
  'country_allow',
  'country_block',
  'prefix_velocity',
  'country_velocity',
  'approval_rate',
  'country_approval_rate',
  'daily_ceiling',
  'number_type_block',
  'veto',
];

const HOUR = 3_600;
const seconds = (time: Duration | undefined): number => (time ? durationMs(time) / 1000 : HOUR);

export function readGuard(values: Values): MessageInitShape<typeof GuardSchema> {
  const window = (name: string) => durationFromMs((values.number(name) || HOUR) * 1000);
  const countries = (name: string) => values.lines(name).map((text) => text.toUpperCase());
  const url = values.text('vetoUrl');
  return {
    countryAllow: countries('countryAllow'),
    countryBlock: countries('countryBlock'),
    prefixVelocity: { max: values.number('prefixMax'), window: window('prefixWindow') },
    countryVelocity: { max: values.number('countryMax'), window: window('countryWindow') },
    approvalRate: {
      minSends: values.number('minSends'),
      minPercent: values.number('minPercent'),
      window: window('rateWindow'),
    },
    countryApprovalRate: {
      minSends: values.number('countrySends'),
      minPercent: values.number('countryPercent'),
      minPrefixes: values.number('countryPrefixes'),
      window: window('countryRateWindow'),
    },
    dailyCeiling: {
      messages: values.number('dayMessages'),
      spendMicros: BigInt(Math.round(values.number('daySpend') * 1e6)),
    },
    numberTypeBlock: values.all('numberType').map((text) => enumOf(NumberType, text)),
    veto: url
      ? { url, timeout: durationFromMs(values.number('vetoMs') || 1000), failOpen: values.has('vetoOpen') }
      : {},
  };
}

interface NumberProps {
  readonly label: string;
  readonly name: string;
  readonly value: number | bigint | undefined;
  readonly hint?: string;
  readonly step?: number | 'any';
}

const Num = ({ value = 0, ...rest }: NumberProps) => (
  <Text type="number" min={0} value={String(value)} {...rest} />
);

/** The rules of the guard, to be changed or only simulated. */
export const GuardFields = ({ guard }: { readonly guard: Guard }) => (
  <>
    <Text
      label="Allowed countries"
      name="countryAllow"
      value={guard.countryAllow.join(', ')}
      hint="CO, MX or +57; none: all"
    />
    <Text label="Blocked countries" name="countryBlock" value={guard.countryBlock.join(', ')} />
    <div class="columns">
      <Num label="Messages to one prefix" name="prefixMax" value={guard.prefixVelocity?.max} hint="0: off" />
      <Num label="in seconds" name="prefixWindow" value={seconds(guard.prefixVelocity?.window)} />
    </div>
    <div class="columns">
      <Num
        label="Messages to one country"
        name="countryMax"
        value={guard.countryVelocity?.max}
        hint="0: off"
      />
      <Num label="in seconds" name="countryWindow" value={seconds(guard.countryVelocity?.window)} />
    </div>
    <Group label="Codes entered of those sent to one prefix">
      <div class="columns">
        <Num label="At least %" name="minPercent" value={guard.approvalRate?.minPercent} />
        <Num label="of sends, at least" name="minSends" value={guard.approvalRate?.minSends} hint="0: off" />
        <Num label="in seconds" name="rateWindow" value={seconds(guard.approvalRate?.window)} />
      </div>
    </Group>
    <Group label="Codes entered of those sent to one country">
      <div class="columns">
        <Num label="At least %" name="countryPercent" value={guard.countryApprovalRate?.minPercent} />
        <Num
          label="of sends, at least"
          name="countrySends"
          value={guard.countryApprovalRate?.minSends}
          hint="0: off"
        />
      </div>
      <div class="columns">
        <Num
          label="to prefixes, at least"
          name="countryPrefixes"
          value={guard.countryApprovalRate?.minPrefixes}
        />
        <Num label="in seconds" name="countryRateWindow" value={seconds(guard.countryApprovalRate?.window)} />
      </div>
    </Group>
    <Group label="The most in one day, from 00:00 UTC">
      <div class="columns">
        <Num label="Messages" name="dayMessages" value={guard.dailyCeiling?.messages} hint="0: no ceiling" />
        <Num
          label="Price"
          name="daySpend"
          step="any"
          value={Number(guard.dailyCeiling?.spendMicros ?? 0n) / 1e6}
          hint="0: no ceiling"
        />
      </div>
    </Group>
    <Group label="Types of numbers to which nothing goes">
      {optionsOf(NumberType).map(({ value, word }) => (
        <Check
          key={value}
          label={word}
          name="numberType"
          value={String(value)}
          checked={guard.numberTypeBlock.some((type) => type === value)}
        />
      ))}
    </Group>
    <Group label="Veto: your backend is asked before a message is paid for">
      <Text label="URL" name="vetoUrl" type="url" value={guard.veto?.url} hint="Empty: no veto" />
      <Num
        label="Milliseconds to wait"
        name="vetoMs"
        value={guard.veto?.timeout ? durationMs(guard.veto.timeout) : 1000}
      />
      <Check label="Send when it does not respond" name="vetoOpen" checked={guard.veto?.failOpen ?? false} />
    </Group>
  </>
);
