import type { WebhookDelivery } from '../../../gen/otp/admin/v1/webhook_service_pb.js';
import { count } from '../format.js';
import { useQuery } from '../route.js';
import { Ago } from './Ago.js';
import { Card } from './Page.js';
import { Pill } from './Pill.js';
import { WebhookAttempt } from './WebhookAttempt.js';

/** Every attempt to post the events of one session, the newest first, after those that are pending. */
export const WebhookAttempts = ({ delivery }: { readonly delivery: WebhookDelivery }) => {
  const { sessionId, waiting, attempts } = delivery;
  return (
    <Card title="Attempts">
      <ul class="attempts">
        {waiting.map(({ eventId, eventType, queuedAt, tries }) => (
          <li key={eventId}>
            <span>
              <Pill tone="wait">pending</Pill> {eventType}{' '}
              <span class="soft">
                after {count(tries)} attempts, since <Ago at={queuedAt} />
              </span>
            </span>
            <ShowEvent sessionId={sessionId} eventId={eventId} />
          </li>
        ))}
        {attempts.toReversed().map((attempt, place) => (
          <li key={attempts.length - place}>
            <span>
              <WebhookAttempt attempt={attempt} />{' '}
              <span class="soft">
                <Ago at={attempt.at} />
              </span>
            </span>
            <ShowEvent sessionId={sessionId} eventId={attempt.eventId} />
          </li>
        ))}
      </ul>
    </Card>
  );
};

interface Chosen {
  readonly sessionId: string;
  readonly eventId: string | undefined;
}

/** Chooses a session's deliveries and one event of them. */
export function ShowEvent({ sessionId, eventId }: Chosen) {
  const query = useQuery();
  return (
    <span class="row-actions">
      {eventId && (
        <button
          type="button"
          class="button quiet"
          onClick={() => query.set({ delivery: sessionId, event: eventId })}
        >
          Show body
        </button>
      )}
    </span>
  );
}
