import { toJsonString } from '@bufbuild/protobuf';
import {
  type EraseRecipientResponse,
  ExportRecipientResponseSchema,
  RecipientService,
} from '../../../gen/otp/admin/v1/recipient_service_pb.js';
import { api, target } from '../api.js';
import { count } from '../format.js';
import { useLoaded } from '../loading.js';
import { plain } from '../words.js';
import { Action } from './Action.js';
import { Ago } from './Ago.js';
import { say } from './toast.js';

const { method } = RecipientService;

interface Props {
  readonly fingerprint: string;
  /** How the recipient is shown; its end is to be typed before it is erased. */
  readonly masked: string;
  readonly again: () => void;
}

/** Erases what is kept of a recipient, after what there is was shown. */
export function EraseRecipient({ fingerprint, masked, again }: Props) {
  return (
    <Action
      label="Erase…"
      look="danger-quiet"
      method={method.eraseRecipient}
      title="Erase this recipient"
      submit="Erase what is kept"
      confirm={masked.slice(-4)}
      onSubmit={async () => {
        const erased = await api.recipients.eraseRecipient({ ...target(), fingerprint });
        say('The recipient is erased.');
        again();
        return <Counts response={erased} what="Erased" />;
      }}
    >
      <Planned fingerprint={fingerprint} />
    </Action>
  );
}

/** What an erasure would take and leave. */
function Planned({ fingerprint }: { readonly fingerprint: string }) {
  const planned = useLoaded(`erase ${fingerprint}`, (signal) =>
    api.recipients.eraseRecipient({ ...target(), fingerprint, dryRun: true }, { signal }),
  );
  if (planned.error) return <p class="bad">{planned.error.rawMessage}</p>;
  if (!planned.value) return <p class="soft">Counting what is kept…</p>;
  return (
    <>
      <p>It cannot be undone. Sessions that are open end.</p>
      <Counts response={planned.value} what="To be erased" />
    </>
  );
}

function Counts({ response, what }: { readonly response: EraseRecipientResponse; readonly what: string }) {
  const counts = Object.entries(response.counts).filter(([, number]) => number > 0n);
  return (
    <>
      <p>
        {what}: {counts.map(([name, number]) => `${count(number)} ${name}`).join(', ') || 'nothing'}.
      </p>
      {response.kept.map(({ what: kept, until }) => (
        <p class="soft" key={kept}>
          {plain(kept)} stays{until ? ' until ' : ', until a person removes it'}
          {until && <Ago at={until} />}.
        </p>
      ))}
    </>
  );
}

/** Downloads what is kept of a recipient, a JSON object a line. */
export function ExportRecipient({ fingerprint }: Pick<Props, 'fingerprint'>) {
  return (
    <Action
      label="Export…"
      method={method.exportRecipient}
      title="Everything that is kept of this recipient"
      submit="Download it"
      onSubmit={async () => {
        const lines: string[] = [];
        for await (const record of api.recipients.exportRecipient({ ...target(), fingerprint }))
          lines.push(toJsonString(ExportRecipientResponseSchema, record));
        const url = URL.createObjectURL(
          new Blob([`${lines.join('\n')}\n`], { type: 'application/x-ndjson' }),
        );
        Object.assign(document.createElement('a'), { href: url, download: 'recipient.ndjson' }).click();
        URL.revokeObjectURL(url);
        say(`${count(lines.length)} records were downloaded.`);
        return undefined;
      }}
    >
      <p>
        Sessions with their messages, events, refusals, rules, contacts and audit entries. The reading is
        recorded.
      </p>
    </Action>
  );
}
