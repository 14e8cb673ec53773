import { create } from '@bufbuild/protobuf';
import {
  GetGuardRequestSchema,
  GuardRule,
  GuardSchema,
  GuardService,
} from '../../../gen/otp/admin/v1/guard_service_pb.js';
import { Problem, Skeleton } from '../../look/States.js';
import { api, inWorkspace } from '../api.js';
import { HourBars } from '../charts/HourBars.js';
import { count, share } from '../format.js';
import { useLoaded } from '../loading.js';
import { useQuery } from '../route.js';
import { isDaily, readTraffic } from '../stats.js';
import { Action, RecipientField } from '../ui/Action.js';
import { Facts, Figures } from '../ui/Facts.js';
import { Filters, Typed } from '../ui/Filters.js';
import { EditGuard, SimulateGuard } from '../ui/GuardActions.js';
import { GuardFacts } from '../ui/GuardFacts.js';
import { Card, Page } from '../ui/Page.js';
import { Pill } from '../ui/Pill.js';
import { PrefixTable } from '../ui/PrefixTable.js';
import { LiveSwitch, liveEvery, RangePicker, rangeOf } from '../ui/Range.js';
import { Raw } from '../ui/Raw.js';
import { RefusalTable } from '../ui/RefusalTable.js';
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
          tools={
            guard.value && (
              <>
                <SimulateGuard guard={guard.value} />
                <EditGuard guard={guard.value} again={guard.again} />
              </>
            )
          }
        >
          <Problem error={guard.error} again={guard.again} />
          {guard.value ? (
            <Raw
              label="Guard as"
              schema={GuardSchema}
              message={guard.value}
              call={{ method: method.getGuard, request }}
            >
              <GuardFacts guard={guard.value} />
            </Raw>
          ) : (
            !guard.error && <Skeleton />
          )}
        </Card>
      </div>
      <PrefixTable scope={scope} everyMs={liveEvery(query, 5_000)} onBlock={guard.again} />
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
