import { create, type MessageInitShape } from '@bufbuild/protobuf';
import { durationFromMs, durationMs } from '@bufbuild/protobuf/wkt';
import {
  GetGuardRequestSchema,
  type Guard,
  GuardRule,
  GuardSchema,
  GuardService,
} from '../../../gen/otp/admin/v1/guard_service_pb.js';
import { Problem, Skeleton } from '../../look/States.js';
import { api, inWorkspace } from '../api.js';
import { HourBars } from '../charts/HourBars.js';
import { count, duration, share } from '../format.js';
import { useLoaded } from '../loading.js';
import { useQuery } from '../route.js';
import { isDaily, readTraffic } from '../stats.js';
import { Action, RecipientField } from '../ui/Action.js';
import { Facts, Figures } from '../ui/Facts.js';
import { Text, type Values } from '../ui/Fields.js';
import { Filters, Typed } from '../ui/Filters.js';
import { Card, Page } from '../ui/Page.js';
import { Pill } from '../ui/Pill.js';
import { LiveSwitch, liveEvery, RangePicker, rangeOf } from '../ui/Range.js';
import { Raw } from '../ui/Raw.js';
import { RefusalTable } from '../ui/RefusalTable.js';
import { say } from '../ui/toast.js';
import { nameOf } from '../words.js';

const { method } = GuardService;

/** What the guard refuses, and its rules. */
export function Fraud() {
  const query = useQuery();
  const range = rangeOf(query);
  const scope = `${query.get('workspace')} ${query.get('mode')}`;
  const request = create(GetGuardRequestSchema, inWorkspace());
  const guard = useLoaded(
    `guard ${scope}`,
    async (signal) => (await api.guard.getGuard(request, { signal })).guard,
  );
  const traffic = useLoaded(
    `refused ${range.name} ${scope}`,
    (signal) => readTraffic(range, signal),
    liveEvery(query, 5_000),
  );
  const total = traffic.value?.total;
  const filter = {
    after: range.fromTime,
    ...(range.toTime && { before: range.toTime }),
    country: query.get('country').toUpperCase(),
    rule: query.get('rule'),
    reason: query.get('reason').toUpperCase(),
  };
  return (
    <Page
      name="Fraud"
      actions={
        <>
          <LiveSwitch />
          <RangePicker />
          <CheckOne />
        </>
      }
    >
      <Figures
        label="This time range"
        figures={[
          {
            word: 'Refused',
            value: total && count(total.refused),
            note: 'by a rule of the guard, never sent',
          },
          {
            word: 'Of all',
            value: total && share(Number(total.refused), Number(total.sends + total.refused)),
            note: 'sends that were asked for',
          },
          {
            word: 'Conversion',
            value: total && share(Number(total.approvals), Number(total.sends)),
            note: 'pumped traffic brings it down',
          },
        ]}
      />
      <div class="split even">
        <Card title="Refused among what was asked for">
          <Problem error={traffic.error} again={traffic.again} />
          {traffic.value ? (
            <HourBars steps={traffic.value.steps} isDaily={isDaily(range)} />
          ) : (
            <div class="skeleton tall" />
          )}
        </Card>
        <Card
          title="Rules in force"
          tools={guard.value && <EditGuard guard={guard.value} again={guard.again} />}
        >
          <Problem error={guard.error} again={guard.again} />
          {guard.value ? (
            <Raw
              label="Guard as"
              schema={GuardSchema}
              message={guard.value}
              call={{ method: method.getGuard, request }}
            >
              <Rules guard={guard.value} />
            </Raw>
          ) : (
            !guard.error && <Skeleton />
          )}
        </Card>
      </div>
      <Card title="Refused sends" isFlush>
        <Filters>
          <Typed label="Reason" name="reason" />
          <Typed label="Rule" name="rule" />
          <Typed label="Country" name="country" />
        </Filters>
        <RefusalTable
          filter={filter}
          scope={`${scope} ${range.name} ${filter.country} ${filter.rule} ${filter.reason}`}
          everyMs={liveEvery(query, 5_000)}
        />
      </Card>
    </Page>
  );
}

const off = 'off';
const velocity = (rule: Guard['prefixVelocity']): string =>
  rule && rule.max > 0 ? `${count(rule.max)} in ${duration(rule.window)}` : off;

const Rules = ({ guard }: { readonly guard: Guard }) => (
  <Facts
    facts={[
      ['Allowed countries', guard.countryAllow.join(', ') || 'all'],
      ['Blocked countries', guard.countryBlock.join(', ') || 'none'],
      ['One prefix', velocity(guard.prefixVelocity)],
      ['One country', velocity(guard.countryVelocity)],
      [
        'Approval rate',
        guard.approvalRate && guard.approvalRate.minSends > 0
          ? `at least ${guard.approvalRate.minPercent}% of ${count(guard.approvalRate.minSends)} or more`
          : off,
      ],
      [
        'A day',
        guard.dailyCeiling && guard.dailyCeiling.messages > 0
          ? `${count(guard.dailyCeiling.messages)} messages`
          : 'no ceiling',
      ],
      ['Veto', guard.veto?.url || 'none'],
    ]}
  />
);

const HOUR = 3_600_000;
const seconds = (window: { seconds: bigint; nanos: number } | undefined): string =>
  String((window ? durationMs(window as Parameters<typeof durationMs>[0]) : HOUR) / 1000);

function readGuard(values: Values): MessageInitShape<typeof GuardSchema> {
  const window = (name: string) => durationFromMs((values.number(name) || 3600) * 1000);
  return {
    countryAllow: values.lines('countryAllow').map((text) => text.toUpperCase()),
    countryBlock: values.lines('countryBlock').map((text) => text.toUpperCase()),
    prefixVelocity: { max: values.number('prefixMax'), window: window('prefixWindow') },
    countryVelocity: { max: values.number('countryMax'), window: window('countryWindow') },
    approvalRate: {
      minSends: values.number('minSends'),
      minPercent: values.number('minPercent'),
      window: window('rateWindow'),
    },
  };
}

function EditGuard({ guard, again }: { readonly guard: Guard; readonly again: () => void }) {
  const number = (label: string, name: string, value: string, hint?: string) => (
    <Text label={label} name={name} type="number" min={0} value={value} {...(hint && { hint })} />
  );
  return (
    <Action
      label="Edit…"
      method={method.updateGuard}
      title="Rules of the guard"
      submit="Save"
      onSubmit={async (values) => {
        await api.guard.updateGuard({
          ...inWorkspace(),
          guard: readGuard(values),
          updateMask: {
            paths: ['country_allow', 'country_block', 'prefix_velocity', 'country_velocity', 'approval_rate'],
          },
        });
        say('The rules apply from now on.');
        again();
      }}
    >
      <Text
        label="Allowed countries"
        name="countryAllow"
        value={guard.countryAllow.join(', ')}
        hint="CO, MX or +57; none: all"
      />
      <Text label="Blocked countries" name="countryBlock" value={guard.countryBlock.join(', ')} />
      <div class="columns">
        {number('Messages to one prefix', 'prefixMax', String(guard.prefixVelocity?.max ?? 0), '0: off')}
        {number('in seconds', 'prefixWindow', seconds(guard.prefixVelocity?.window))}
      </div>
      <div class="columns">
        {number('Messages to one country', 'countryMax', String(guard.countryVelocity?.max ?? 0), '0: off')}
        {number('in seconds', 'countryWindow', seconds(guard.countryVelocity?.window))}
      </div>
      <div class="columns">
        {number('Entered codes, at least %', 'minPercent', String(guard.approvalRate?.minPercent ?? 0))}
        {number('of sends, at least', 'minSends', String(guard.approvalRate?.minSends ?? 0), '0: off')}
        {number('in seconds', 'rateWindow', seconds(guard.approvalRate?.window))}
      </div>
    </Action>
  );
}

function CheckOne() {
  return (
    <Action
      label="Would it be refused?"
      method={method.checkRecipient}
      title="Would a send be refused?"
      submit="Check"
      onSubmit={async (values) => {
        const found = await api.guard.checkRecipient({
          ...inWorkspace(),
          recipient: values.text('recipient'),
        });
        return (
          <Facts
            facts={[
              [
                'Result',
                found.rules.length === 0 ? (
                  <Pill tone="ok">Would be sent</Pill>
                ) : (
                  <Pill tone="bad">{found.rules.map((rule) => nameOf(GuardRule, rule)).join(', ')}</Pill>
                ),
              ],
              ['Recipient', found.recipient?.maskedRecipient],
              ['Country', found.recipient?.country],
              ['Prefix', found.recipient?.prefix],
              ['Sends to the prefix', count(found.prefixSends)],
              ['Codes entered there', count(found.prefixApprovals)],
            ]}
          />
        );
      }}
    >
      <p>Nothing is sent and nothing is counted.</p>
      <RecipientField />
    </Action>
  );
}
