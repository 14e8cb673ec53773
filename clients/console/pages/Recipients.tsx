import { ConnectError } from '@connectrpc/connect';
import { useSignal } from '@preact/signals';
import { useLocation } from 'preact-iso';
import { Problem } from '../../look/States.js';
import { link, useQuery } from '../route.js';
import { Text, valuesOfForm } from '../ui/Fields.js';
import { fingerprintOf } from '../ui/Find.js';
import { Card, Page } from '../ui/Page.js';
import { RuleTable } from '../ui/RuleTable.js';

/** Where support begins: "I got no code". */
export function Recipients() {
  const { route } = useLocation();
  const query = useQuery();
  const error = useSignal<ConnectError | undefined>(undefined);
  const isBusy = useSignal(false);
  return (
    <Page name="Recipients">
      <Card title="Why did this person get no code?">
        <form
          class="stack narrow"
          onSubmit={async (event) => {
            event.preventDefault();
            isBusy.value = true;
            error.value = undefined;
            try {
              const fingerprint = await fingerprintOf(valuesOfForm(event.currentTarget).text('recipient'));
              route(link(`/recipients/${fingerprint}`));
            } catch (thrown) {
              error.value = ConnectError.from(thrown);
            } finally {
              isBusy.value = false;
            }
          }}
        >
          <Text
            label="Phone or e-mail, in full"
            name="recipient"
            required
            maxLength={254}
            placeholder="+57 300 111 2233"
            hint="It is exchanged for its fingerprint: no URL, history or log has the address. That you looked is in the audit log."
          />
          <Problem error={error.value} />
          <button type="submit" class="button primary" aria-disabled={isBusy.value}>
            {isBusy.value ? 'Looking…' : 'Diagnose'}
          </button>
        </form>
      </Card>
      <RuleTable fingerprint="" scope={`${query.get('workspace')} ${query.get('mode')}`} />
    </Page>
  );
}
