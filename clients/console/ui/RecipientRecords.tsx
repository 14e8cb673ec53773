import { toJsonString } from '@bufbuild/protobuf';
import {
  type EraseRecipientResponse,
  ExportRecipientResponseSchema,
  RecipientService,
} from '../../../gen/otp/admin/v1/recipient_service_pb.js';
import { Problem, Skeleton } from '../../look/States.js';
import { api, target } from '../api.js';
import { save } from '../csv.js';
import { count } from '../format.js';
import { useLoaded } from '../loading.js';
import { plain } from '../words.js';
import { Action } from './Action.js';
import { Ago } from './Ago.js';
import { Facts } from './Facts.js';
import { say } from './toast.js';

const { method } = RecipientService;

interface Props {
  readonly fingerprint: string;
  readonly masked: string;
  readonly again: () => void;
}

/** What is stored about one person: saved as a file, and erased. */
export const RecipientRecords = ({ fingerprint, masked, again }: Props) => (
  <>
    <Action
      label="Export…"
      icon="download"
      method={method.exportRecipient}
      title={`Export what is stored about ${masked}`}
      submit="Save the file"
      onSubmit={async () => {
        const lines: string[] = [];
        for await (const record of api.recipients.exportRecipient({ ...target(), fingerprint })) {
          lines.push(`${toJsonString(ExportRecipientResponseSchema, record)}\n`);
        }
        save('recipient.jsonl', lines.join(''), 'application/x-ndjson');
        say(`${count(lines.length)} records saved as recipient.jsonl.`);
      }}
    >
      <p>Sessions, events, refusals, rules, contacts and audit entries: a JSON object a line.</p>
      <p>That you exported them is written to the audit log.</p>
    </Action>
    <Action
      label="Erase…"
      look="danger-quiet"
      method={method.eraseRecipient}
      title={`Erase ${masked}`}
      submit="Erase the records"
      confirm={ending(masked)}
      onSubmit={async () => {
        const erased = await api.recipients.eraseRecipient({ ...target(), fingerprint });
        again();
        return <Counts of={erased} verb="Erased" />;
      }}
    >
      <Plan fingerprint={fingerprint} />
      <p>Sessions that are open end. This cannot be undone.</p>
    </Action>
  </>
);

/** What is typed before an erasure: the end of the number as it is shown, or the domain of the e-mail address. */
export const ending = (masked: string): string => masked.split('@')[1] ?? masked.slice(-2);

/** What an erasure would remove, counted by the service. */
function Plan({ fingerprint }: { readonly fingerprint: string }) {
  const plan = useLoaded(`erasure ${fingerprint}`, (signal) =>
    api.recipients.eraseRecipient({ ...target(), fingerprint, dryRun: true }, { signal }),
  );
  if (plan.value) return <Counts of={plan.value} verb="To erase" />;
  return plan.error ? <Problem error={plan.error} again={plan.again} /> : <Skeleton rows={2} />;
}

const KEPT: Readonly<Record<string, string>> = {
  GUESS_BUDGET: 'The count of wrong codes, so that an erasure leads to no more guesses',
  STOP_RULE: 'The rule of a person who asked for no more messages',
};

function Counts({ of, verb }: { readonly of: EraseRecipientResponse; readonly verb: string }) {
  const counts = Object.entries(of.counts).filter(([, n]) => n > 0n);
  return (
    <>
      <Facts
        facts={[
          [verb, counts.length === 0 && 'nothing is stored'],
          ...counts.map(([name, n]) => [plain(name), count(n)] as const),
        ]}
      />
      {of.kept.length > 0 && (
        <>
          <h3>What stays</h3>
          <ul class="bullets">
            {of.kept.map(({ what, until }) => (
              <li key={what}>
                {KEPT[what] ?? plain(what)}, until <Ago at={until} none="a person removes it" />
              </li>
            ))}
          </ul>
        </>
      )}
    </>
  );
}
