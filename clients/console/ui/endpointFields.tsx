import { WebhookDisabledReason, type WebhookEndpoint } from '../../../gen/otp/admin/v1/webhook_service_pb.js';
import type { Tone } from '../words.js';
import { Check, Group, Text, type Values } from './Fields.js';

/** The types of events that an endpoint can be sent. */
export const EVENTS = [
  'session.partial',
  'session.approved',
  'session.locked',
  'session.expired',
  'session.canceled',
  'delivery.accepted',
  'delivery.delivered',
  'delivery.failed',
];

export const readEndpoint = (values: Values) => ({
  url: values.text('url'),
  description: values.text('description'),
  eventTypes: values.all('event'),
});

export const EndpointFields = ({ endpoint }: { readonly endpoint?: WebhookEndpoint }) => (
  <>
    <Text label="URL" name="url" type="url" required maxLength={2048} value={endpoint?.url} />
    <Text label="For" name="description" maxLength={256} value={endpoint?.description} />
    <Group label="Events (none chosen: all)">
      {EVENTS.map((name) => (
        <Check
          key={name}
          label={name}
          name="event"
          value={name}
          checked={endpoint?.eventTypes.includes(name) ?? false}
        />
      ))}
    </Group>
  </>
);

export function endpointState(endpoint: WebhookEndpoint): { word: string; tone: Tone } {
  if (endpoint.disabledReason === WebhookDisabledReason.FAILING) return { word: 'Off: failing', tone: 'bad' };
  if (endpoint.disabledReason === WebhookDisabledReason.GONE) return { word: 'Off: gone', tone: 'bad' };
  if (endpoint.disabled) return { word: 'Off', tone: 'off' };
  return endpoint.failingSince ? { word: 'Failing', tone: 'bad' } : { word: 'On', tone: 'ok' };
}
