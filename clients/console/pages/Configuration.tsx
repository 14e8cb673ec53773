import { ConnectError } from '@connectrpc/connect';
import { useSignal } from '@preact/signals';
import { useRef } from 'preact/hooks';
import {
  ConfigurationAction,
  type ConfigurationChange,
  ConfigurationService,
} from '../../../gen/otp/admin/v1/configuration_service_pb.js';
import { Empty, Problem } from '../../look/States.js';
import { missing } from '../access.js';
import { api, inWorkspace } from '../api.js';
import { save } from '../csv.js';
import { count } from '../format.js';
import { Action } from '../ui/Action.js';
import { ChangeList } from '../ui/ChangeList.js';
import { Area, Check, valuesOfForm } from '../ui/Fields.js';
import { Card, Page } from '../ui/Page.js';
import { say } from '../ui/toast.js';

const { method } = ConfigurationService;

/** Changes that were planned, for the very document and choice that they were planned for. */
interface Plan {
  readonly document: string;
  readonly prune: boolean;
  readonly changes: readonly ConfigurationChange[];
  readonly isApplied: boolean;
}

/** The configuration as one document: saved, compared, applied. */
export function Configuration() {
  const form = useRef<HTMLFormElement>(null);
  const plan = useSignal<Plan | undefined>(undefined);
  const error = useSignal<ConnectError | undefined>(undefined);
  const isBusy = useSignal(false);
  const reason = missing(method.applyConfiguration);
  const forget = () => {
    plan.value = undefined;
  };
  const compare = async () => {
    if (!form.current || reason || isBusy.peek()) return;
    const values = valuesOfForm(form.current);
    const asked = { document: values.text('document'), prune: values.has('prune') };
    isBusy.value = true;
    error.value = undefined;
    forget();
    try {
      const { changes } = await api.configuration.applyConfiguration({ ...asked, dryRun: true });
      plan.value = { ...asked, changes, isApplied: false };
    } catch (thrown) {
      error.value = ConnectError.from(thrown);
    } finally {
      isBusy.value = false;
    }
  };
  const download = async () => {
    try {
      const { document } = await api.configuration.exportConfiguration(inWorkspace());
      save('configuration.json', document, 'application/json');
    } catch (thrown) {
      error.value = ConnectError.from(thrown);
    }
  };
  const load = async () => {
    try {
      const { document } = await api.configuration.exportConfiguration(inWorkspace());
      const area = form.current?.elements.namedItem('document');
      if (area instanceof HTMLTextAreaElement) area.value = document;
      forget();
    } catch (thrown) {
      error.value = ConnectError.from(thrown);
    }
  };
  const planned = plan.value;
  return (
    <Page
      name="Configuration"
      actions={
        <>
          <button type="button" class="button" onClick={load}>
            Load the present one
          </button>
          <button type="button" class="button" onClick={download}>
            Save as a file
          </button>
        </>
      }
    >
      <p class="subtitle">
        Settings, limits, guard, senders, templates, sponsors and webhook endpoints as one document, without
        secrets, keys or people.
      </p>
      <div class="split half">
        <Card title="Document">
          <form
            class="stack"
            ref={form}
            onInput={forget}
            onSubmit={(event) => {
              event.preventDefault();
              void compare();
            }}
          >
            <Area label="JSON" name="document" rows={22} required />
            <Check
              label="Prune"
              name="prune"
              hint="What the document does not mention is deleted or set back to its default"
            />
            <Problem error={error.value} />
            <button
              type="submit"
              class="button primary fit"
              aria-disabled={reason !== undefined || isBusy.value}
              title={reason}
            >
              {isBusy.value ? 'Comparing…' : 'Show what would change'}
            </button>
          </form>
        </Card>
        <Card
          title={planned?.isApplied ? 'Changed' : 'What would change'}
          tools={
            planned &&
            !planned.isApplied &&
            planned.changes.length > 0 && (
              <Apply
                plan={planned}
                onApplied={(changes) => {
                  plan.value = { ...planned, changes, isApplied: true };
                }}
              />
            )
          }
        >
          {planned ? (
            <ChangeList changes={planned.changes} />
          ) : (
            <Empty title="Nothing is compared yet">
              Every change is shown here before it is made; nothing is changed by looking.
            </Empty>
          )}
        </Card>
      </div>
    </Page>
  );
}

function Apply({
  plan,
  onApplied,
}: {
  readonly plan: Plan;
  readonly onApplied: (changes: readonly ConfigurationChange[]) => void;
}) {
  const deleted = plan.changes.filter(({ action }) => action === ConfigurationAction.DELETE).length;
  return (
    <Action
      label={`Apply ${count(plan.changes.length)}…`}
      look="primary"
      method={method.applyConfiguration}
      title="Apply the document"
      submit={`Make ${count(plan.changes.length)} changes`}
      {...(deleted > 0 && { confirm: `delete ${deleted}` })}
      onSubmit={async () => {
        const { changes } = await api.configuration.applyConfiguration({
          document: plan.document,
          prune: plan.prune,
        });
        onApplied(changes);
        say(`${count(changes.filter(({ applied }) => applied).length)} changes are made.`);
      }}
    >
      <p>
        The changes are made one after the other. If one fails, those after it are left out; applying again
        continues.
      </p>
      {deleted > 0 && <p class="bad">{count(deleted)} of them delete something or set it back.</p>}
    </Action>
  );
}
