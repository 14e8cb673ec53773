import { durationFromMs, durationMs } from '@bufbuild/protobuf/wkt';
import { ConnectError } from '@connectrpc/connect';
import { useSignal } from '@preact/signals';
import { type GuessBound, type Limit, LimitService } from '../../../gen/otp/admin/v1/limit_service_pb.js';
import { Icon } from '../../look/Icon.js';
import { Empty } from '../../look/States.js';
import { api, inWorkspace } from '../api.js';
import { count, duration, fraction } from '../format.js';
import { useLoaded } from '../loading.js';
import { useQuery } from '../route.js';
import { Action } from '../ui/Action.js';
import { Check, Text, type Values, valuesOfForm } from '../ui/Fields.js';
import { Card, Page } from '../ui/Page.js';
import { Pill } from '../ui/Pill.js';
import { type Column, Table } from '../ui/Table.js';
import { say } from '../ui/toast.js';

const { method } = LimitService;

const MEANINGS: Readonly<Record<string, string>> = {
  'client-requests': 'Calls of one client to the beneficiary API',
  'ip-sends': 'Sends for one IP address of an end user',
  'user-sends': 'Sends for one user id',
  'recipient-sends': 'Sends to one recipient, text messages and WhatsApp together',
  'recipient-daily': 'Sends to one recipient in a day',
  'beneficiary-sends': 'Sends to one beneficiary of one sponsor',
  'recipient-lookups': 'Diagnoses of one recipient by one key',
  'page-loads': 'Loads of one verification page',
  'token-endpoint': 'Failed requests for an access token',
  'recipient-guesses-6': 'Messages and wrong codes of six to eight digits, for one recipient',
  'recipient-guesses-5': 'Wrong codes of five digits, for one recipient',
  'recipient-guesses-4': 'Wrong codes of four digits, for one recipient',
};

const inWords = ({ max, window }: Pick<Limit, 'max' | 'window'>): string =>
  max === 0 ? 'off' : `${count(max)} in ${duration(window)}`;

/** Limits on traffic, and what they leave to a stranger who guesses. */
export function Limits() {
  const query = useQuery();
  const loaded = useLoaded(`limits ${query.get('workspace')}`, (signal) =>
    api.limits.listLimits(inWorkspace(), { signal }),
  );
  const columns: readonly Column<Limit>[] = [
    {
      head: 'Limit',
      cell: ({ rule }) => (
        <span title={rule}>
          {MEANINGS[rule] ?? rule} <span class="soft mono">{rule}</span>
        </span>
      ),
    },
    { head: 'At most', width: '150px', cell: (limit) => <b>{inWords(limit)}</b> },
    {
      head: 'Default',
      width: '150px',
      isWide: true,
      isSoft: true,
      cell: ({ defaultMax, defaultWindow }) => inWords({ max: defaultMax, window: defaultWindow }),
    },
    {
      head: 'State',
      width: '110px',
      isWide: true,
      cell: ({ changed, fixed }) =>
        fixed ? <Pill tone="off">Fixed</Pill> : changed ? <Pill tone="part">Changed</Pill> : null,
    },
    {
      head: 'Actions',
      width: '156px',
      isActions: true,
      cell: (limit) => (limit.fixed ? null : <LimitActions limit={limit} again={loaded.again} />),
    },
  ];
  return (
    <Page name="Limits">
      {loaded.value?.guessBound && <Bound bound={loaded.value.guessBound} />}
      <Card isFlush>
        <Table
          label="Limits"
          columns={columns}
          paged={{ ...loaded, items: loaded.value?.limits, hasMore: false, more: async () => {} }}
          idOf={({ rule }) => rule}
          empty={<Empty title="No limits">The service has none to show.</Empty>}
        />
      </Card>
    </Page>
  );
}

const probable = (bound: GuessBound): string => fraction(bound.probabilityPerYear);

function Bound({ bound }: { readonly bound: GuessBound }) {
  return (
    <>
      <div class={bound.weak ? 'banner wait' : 'banner plain'}>
        <Icon name={bound.weak ? 'warning' : 'check'} />
        <p>
          A stranger who guesses codes of one number all year succeeds with a probability of at most{' '}
          <b>{probable(bound)}</b>.{' '}
          {bound.weak
            ? 'That is weak: it should be under 2%. Lower the limits of wrong codes, or use longer codes.'
            : 'That is within what the service calls safe (2%).'}
        </p>
      </div>
      <Card title="What guessing achieves, by the length of codes" isFlush>
        <table>
          <thead>
            <tr>
              <th scope="col">Digits</th>
              <th scope="col" class="number">
                Guesses a day
              </th>
              <th scope="col" class="number wide">
                Guesses a year
              </th>
              <th scope="col" class="number">
                Success in a year
              </th>
            </tr>
          </thead>
          <tbody>
            {bound.codeLengths.map((one) => (
              <tr key={one.codeLength}>
                <td>{one.codeLength}</td>
                <td class="number">{count(one.comparisonsPerDay)}</td>
                <td class="number wide">{count(one.comparisonsPerYear)}</td>
                <td class="number">{fraction(one.probabilityPerYear)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </Card>
    </>
  );
}

const readLimit = (rule: string, values: Values) => ({
  rule,
  max: values.number('max'),
  window: durationFromMs(values.number('seconds') * 1000),
});

function LimitActions({ limit, again }: { readonly limit: Limit; readonly again: () => void }) {
  const preview = useSignal('');
  const updateMask = { paths: ['max', 'window'] };
  /** What the limit would mean, before it is saved. */
  const look = async (form: HTMLFormElement) => {
    if (!form.checkValidity()) return;
    try {
      const { guessBound } = await api.limits.updateLimit({
        ...inWorkspace(),
        limit: readLimit(limit.rule, valuesOfForm(form)),
        updateMask,
        acceptWeak: true,
        dryRun: true,
      });
      preview.value = guessBound
        ? `With this, guessing one number for a year succeeds with at most ${probable(guessBound)}${guessBound.weak ? ': weak' : ''}.`
        : '';
    } catch (thrown) {
      preview.value = ConnectError.from(thrown).rawMessage;
    }
  };
  return (
    <span class="row-actions">
      <Action
        label="Change"
        look="quiet"
        method={method.updateLimit}
        title={MEANINGS[limit.rule] ?? limit.rule}
        submit="Save"
        onSubmit={async (values) => {
          await api.limits.updateLimit({
            ...inWorkspace(),
            limit: readLimit(limit.rule, values),
            updateMask,
            acceptWeak: values.has('acceptWeak'),
          });
          say(`${limit.rule} is changed.`);
          again();
        }}
      >
        <div
          class="columns"
          onInput={({ currentTarget }) => {
            const form = currentTarget.closest('form');
            if (form) void look(form);
          }}
        >
          <Text
            label="At most"
            name="max"
            type="number"
            min={0}
            max={1_000_000}
            required
            value={String(limit.max)}
            hint="0: off"
          />
          <Text
            label="In seconds"
            name="seconds"
            type="number"
            min={1}
            max={2_678_400}
            required
            value={String(limit.window ? durationMs(limit.window) / 1000 : 60)}
          />
        </div>
        <p role="status">{preview}</p>
        <Check label="Save it although guessing gets easier than 2% a year" name="acceptWeak" />
      </Action>
      {limit.changed && (
        <Action
          label="Reset"
          look="quiet"
          method={method.resetLimit}
          title={`Reset ${limit.rule}`}
          submit="Reset the limit"
          onSubmit={async () => {
            await api.limits.resetLimit({ ...inWorkspace(), rule: limit.rule });
            say(`${limit.rule} is at its default again.`);
            again();
          }}
        >
          <p>The limit goes back to {inWords({ max: limit.defaultMax, window: limit.defaultWindow })}.</p>
        </Action>
      )}
    </span>
  );
}
