import type { WebhookAttempt as Attempt } from '../../../gen/otp/admin/v1/webhook_service_pb.js';
import { duration } from '../format.js';
import { Pill } from './Pill.js';

/** How one post of an event ended. */
export const WebhookAttempt = ({ attempt }: { readonly attempt: Attempt | undefined }) =>
  attempt ? (
    <>
      <Pill tone={attempt.accepted ? 'ok' : 'bad'}>{String(attempt.statusCode || 'failed')}</Pill>{' '}
      {attempt.eventType}{' '}
      <span class="soft">
        {attempt.error} {duration(attempt.duration)}
      </span>
    </>
  ) : (
    <>–</>
  );
