import { WebhookService } from '../../../gen/otp/admin/v1/webhook_service_pb.js';
import { api, target } from '../api.js';
import { Action } from './Action.js';
import { Ago } from './Ago.js';
import { Check, Select } from './Fields.js';
import { Secret } from './Secret.js';

const MINUTE_SECONDS = 60n;

/** A link for the engineers of the workspace, who have no key. */
export const PortalLink = () => (
  <Action
    label="Portal link…"
    method={WebhookService.method.createPortalLink}
    title="Link to the portal"
    submit="Make the link"
    onSubmit={async (values) => {
      const { url, expiresAt } = await api.webhooks.createPortalLink({
        ...target(),
        lifetime: { seconds: BigInt(values.number('minutes')) * MINUTE_SECONDS },
        readOnly: values.has('readOnly'),
      });
      return (
        <>
          <Secret name="the link" secret={url} />
          <p class="soft">
            It works until <Ago at={expiresAt} />, and no longer than your own credential.
          </p>
        </>
      );
    }}
  >
    <p>
      A page with the endpoints of this workspace, their deliveries and events, and nothing else. Anybody who
      has the link can use it.
    </p>
    <Select
      label="It works for"
      name="minutes"
      value={60}
      options={[
        { value: 15, word: '15 minutes' },
        { value: 60, word: 'an hour' },
        { value: 1440, word: 'a day' },
      ]}
    />
    <Check label="It shows only, and changes nothing" name="readOnly" />
  </Action>
);
