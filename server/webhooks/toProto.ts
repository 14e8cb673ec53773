import { create, type MessageShape } from '@bufbuild/protobuf';
import { durationFromMs, timestampFromDate } from '@bufbuild/protobuf/wkt';
import {
  WebhookAttemptSchema,
  WebhookDeliverySchema,
  WebhookDisabledReason,
  WebhookEndpointSchema,
  WebhookEventSchema,
} from '../../gen/otp/admin/v1/webhook_service_pb.js';
import { modeEnum } from '../admin/shared/mode.js';
import { timestampField } from '../contract/timestampField.js';
import type { Mode } from '../domain/mode.js';
import { splitLast } from '../store/documentId.js';
import { signingSecrets } from './endpointSecrets.js';
import { pendingEvents } from './pendingEvents.js';
import { isAccepted } from './post.js';
import type { StoredAttempt, StoredEndpoint, StoredEvent, StoredWebhookDelivery } from './stored.js';

/** An endpoint as the contract shows it. */
export function endpointToProto(
  endpoint: StoredEndpoint,
  mode: Mode,
  now: number,
): MessageShape<typeof WebhookEndpointSchema> {
  const { _id, url, eventTypes, description, disabledAt, disabledReason, failingSince } = endpoint;
  return create(WebhookEndpointSchema, {
    id: splitLast(_id)[1],
    url,
    eventTypes: [...eventTypes],
    description,
    disabled: disabledAt !== undefined,
    ...(disabledReason && { disabledReason: WebhookDisabledReason[disabledReason] }),
    mode: modeEnum(mode),
    ...timestampField('disabledAt', disabledAt),
    ...timestampField('createdAt', endpoint.createdAt),
    ...timestampField('failingSince', failingSince),
    ...timestampField('oldSecretUntil', signingSecrets(endpoint.secrets, now)[1]?.until),
  });
}

/** The queue of an endpoint for one session as the contract shows it. */
export function deliveryToProto(
  endpoint: StoredEndpoint,
  queue: StoredWebhookDelivery,
): MessageShape<typeof WebhookDeliverySchema> {
  const waiting = pendingEvents(endpoint, queue);
  return create(WebhookDeliverySchema, {
    sessionId: splitLast(queue._id)[1],
    waiting: waiting.map(({ event, type, queuedAt, tries }) => ({
      eventId: event,
      eventType: type,
      queuedAt: timestampFromDate(queuedAt),
      tries,
    })),
    ...(waiting.length > 0 && timestampField('nextTryAt', queue.dueAt)),
    attempts: queue.tries.map(attemptToProto),
  });
}

export function attemptToProto(attempt: StoredAttempt): MessageShape<typeof WebhookAttemptSchema> {
  const { event, type, at, ms, status = 0, error = '' } = attempt;
  return create(WebhookAttemptSchema, {
    eventId: event,
    eventType: type,
    at: timestampFromDate(at),
    duration: durationFromMs(ms),
    statusCode: status,
    error,
    accepted: isAccepted(attempt),
  });
}

/** An event as the contract shows it: its body is what endpoints receive, byte for byte. */
export function eventToProto(
  { _id, type, session }: StoredEvent,
  body: string,
): MessageShape<typeof WebhookEventSchema> {
  const { timestamp } = JSON.parse(body) as { readonly timestamp: string };
  return create(WebhookEventSchema, {
    id: splitLast(_id)[1],
    type,
    at: timestampFromDate(new Date(timestamp)),
    sessionId: session,
    body,
  });
}
