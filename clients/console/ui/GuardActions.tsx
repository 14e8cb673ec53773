import { timestampFromMs } from '@bufbuild/protobuf/wkt';
import {
  type Guard,
  GuardRule,
  GuardService,
  type SimulateGuardResponse,
} from '../../../gen/otp/admin/v1/guard_service_pb.js';
import { api, inWorkspace } from '../api.js';
import { count } from '../format.js';
import { nameOf } from '../words.js';
import { Action } from './Action.js';
import { Ago } from './Ago.js';
import { Facts } from './Facts.js';
import { Select } from './Fields.js';
import { GUARD_PATHS, GuardFields, readGuard } from './guardFields.js';
import { Secret } from './Secret.js';
import { say } from './toast.js';

const { method } = GuardService;
const DAY_MS = 86_400_000;

interface Props {
  readonly guard: Guard;
}

export const EditGuard = ({ guard, again }: Props & { readonly again: () => void }) => (
  <Action
    label="Edit…"
    method={method.updateGuard}
    title="Rules of the guard"
    submit="Save"
    onSubmit={async (values) => {
      const { vetoSecret } = await api.guard.updateGuard({
        ...inWorkspace(),
        guard: readGuard(values),
        updateMask: { paths: GUARD_PATHS },
      });
      say('The rules apply from now on.');
      again();
      return vetoSecret && <Secret name="the secret that signs its requests" secret={vetoSecret} />;
    }}
  >
    <GuardFields guard={guard} />
  </Action>
);

/** What other rules would have refused, before they apply. */
export const SimulateGuard = ({ guard }: Props) => (
  <Action
    label="What if…"
    method={method.simulateGuard}
    title="What would other rules have refused?"
    submit="Simulate"
    onSubmit={async (values) => {
      const result = await api.guard.simulateGuard(
        {
          ...inWorkspace(),
          guard: readGuard(values),
          updateMask: { paths: GUARD_PATHS },
          from: timestampFromMs(Date.now() - values.number('days') * DAY_MS),
        },
        { timeoutMs: 60_000 },
      );
      return <Simulated result={result} />;
    }}
  >
    <p>Stored messages are checked again with these rules. Nothing is changed, sent or refused.</p>
    <Select
      label="Messages of"
      name="days"
      value={7}
      options={[
        { value: 1, word: 'the last day' },
        { value: 7, word: 'the last 7 days' },
        { value: 30, word: 'the last 30 days' },
      ]}
    />
    <GuardFields guard={guard} />
  </Action>
);

const Simulated = ({ result }: { readonly result: SimulateGuardResponse }) => (
  <>
    <p>
      <b>{count(result.refused)}</b> of {count(result.sends)} messages would have been refused;{' '}
      <b class={result.refusedApproved > 0n ? 'bad' : ''}>{count(result.refusedApproved)}</b> of them went to
      people who entered their code.
    </p>
    <Facts
      facts={[
        ['Saved', count(Number(result.savedMicros) / 1e6)],
        ...result.rules.map(
          ({ rule, refused, refusedApproved }) =>
            [nameOf(GuardRule, rule), `${count(refused)}, ${count(refusedApproved)} of them real`] as const,
        ),
        ['Not simulated', result.notSimulated.map((rule) => nameOf(GuardRule, rule)).join(', ')],
        ['From', <Ago key="from" at={result.simulatedFrom} />],
      ]}
    />
  </>
);
