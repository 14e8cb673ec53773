import { timestampFromDate } from '@bufbuild/protobuf/wkt';
import { useLocation } from 'preact-iso';
import { Mode } from '../../../gen/otp/admin/v1/api_key_service_pb.js';
import { type WebhookEndpoint, WebhookService } from '../../../gen/otp/admin/v1/webhook_service_pb.js';
import { api, target } from '../api.js';
import { link } from '../route.js';
import { Action } from './Action.js';
import { EndpointFields, EVENTS, readEndpoint } from './endpointFields.js';
import { Select, Text } from './Fields.js';
import { replayedText } from './replayedText.js';
import { Secret } from './Secret.js';
import { say } from './toast.js';
import { WebhookAttempt } from './WebhookAttempt.js';

const { method } = WebhookService;
const HOUR_MS = 3_600_000;

/** What can be done with an endpoint. */
export function EndpointActions({
  endpoint,
  again,
}: {
  readonly endpoint: WebhookEndpoint;
  readonly again: () => void;
}) {
  const { route } = useLocation();
  const { id, url, disabled, mode } = endpoint;
  const update = async (changed: object, paths: string[]) => {
    const { workspace } = target();
    await api.webhooks.updateWebhookEndpoint({
      workspace,
      webhookEndpoint: { id, mode: target().mode, ...changed },
      updateMask: { paths },
    });
    again();
  };
  return (
    <>
      <Action
        label="Send test event"
        method={method.sendTestEvent}
        title="Send a test event"
        submit="Send it"
        onSubmit={async () => {
          const { attempt } = await api.webhooks.sendTestEvent({ ...target(), id });
          again();
          return (
            <p>
              <WebhookAttempt attempt={attempt} />
            </p>
          );
        }}
      >
        <p>The endpoint is posted an event that belongs to no session.</p>
      </Action>
      {mode === Mode.TEST && <Trigger endpointId={id} again={again} />}
      <Action
        label="Replay…"
        method={method.replayWebhookEvents}
        title="Post events again"
        submit="Replay"
        onSubmit={async (values) => {
          const eventId = values.text('eventId');
          const since = timestampFromDate(new Date(Date.now() - values.number('hours') * HOUR_MS));
          let replayed = 0;
          let pending = 0;
          let pageToken = '';
          do {
            const page = await api.webhooks.replayWebhookEvents({
              ...target(),
              id,
              pageToken,
              ...(eventId ? { eventId } : { since }),
            });
            replayed += page.replayed;
            pending += page.pending;
            pageToken = page.nextPageToken;
          } while (pageToken);
          say(replayedText({ replayed, pending }));
          again();
        }}
      >
        <p>Events that are pending are posted now and not at their next attempt.</p>
        <Select
          label="Events of"
          name="hours"
          value={1}
          options={[
            { value: 1, word: 'the last hour' },
            { value: 24, word: 'the last 24 hours' },
            { value: 168, word: 'the last 7 days' },
          ]}
        />
        <Text
          label="Or one event, by its id"
          name="eventId"
          maxLength={64}
          placeholder="The header webhook-id"
        />
      </Action>
      <Action
        label="Edit…"
        method={method.updateWebhookEndpoint}
        title="Edit the endpoint"
        submit="Save"
        onSubmit={async (values) => {
          await update(readEndpoint(values), ['url', 'description', 'event_types']);
          say('The endpoint is changed.');
        }}
      >
        <EndpointFields endpoint={endpoint} />
      </Action>
      <Action
        label={disabled ? 'Switch on…' : 'Switch off…'}
        method={method.updateWebhookEndpoint}
        title={disabled ? 'Switch the endpoint on' : 'Switch the endpoint off'}
        submit={disabled ? 'Switch it on' : 'Switch it off'}
        onSubmit={async () => {
          await update({ disabled: !disabled }, ['disabled']);
        }}
      >
        <p>
          {disabled ? 'Events are posted again from now on.' : 'No events are posted until it is on again.'}
        </p>
      </Action>
      <Action
        label="Rotate secret…"
        method={method.rotateWebhookSecret}
        title="Make a new secret"
        submit="Make a new secret"
        onSubmit={async () => {
          const { secret } = await api.webhooks.rotateWebhookSecret({ ...target(), id });
          again();
          return <Secret name="the new secret" secret={secret} />;
        }}
      >
        <p>Events are signed with both secrets for a time, so that receivers can change.</p>
      </Action>
      <Action
        label="Delete…"
        look="danger-quiet"
        method={method.deleteWebhookEndpoint}
        title="Delete the endpoint"
        submit="Delete the endpoint"
        confirm={new URL(url).hostname}
        onSubmit={async () => {
          await api.webhooks.deleteWebhookEndpoint({ ...target(), id });
          say('The endpoint is deleted.');
          route(link('/webhooks'));
        }}
      >
        <p>Events that wait for it are dropped. This cannot be undone.</p>
      </Action>
    </>
  );
}

const Trigger = ({ endpointId, again }: { readonly endpointId: string; readonly again: () => void }) => (
  <Action
    label="Trigger…"
    method={method.triggerEvent}
    title="Post an event of a type"
    submit="Post it"
    onSubmit={async (values) => {
      const { workspace } = target();
      await api.webhooks.triggerEvent({ workspace, eventType: values.text('type'), endpointId });
      say('The event is posted, marked as a test.');
      again();
    }}
  >
    <p>An event as a session of the sandbox would cause it, for the code that receives it.</p>
    <Select
      label="Type"
      name="type"
      value="session.approved"
      options={EVENTS.map((type) => ({ value: type, word: type }))}
    />
  </Action>
);
