import { create } from '@bufbuild/protobuf';
import { timestampFromDate } from '@bufbuild/protobuf/wkt';
import {
  ConfigurationAction,
  ConfigurationChangeSchema,
} from '../../../gen/otp/admin/v1/configuration_service_pb.js';
import { GuardSchema } from '../../../gen/otp/admin/v1/guard_service_pb.js';
import { DiagnoseRecipientResponseSchema, Verdict } from '../../../gen/otp/admin/v1/recipient_service_pb.js';
import {
  GetSessionRequestSchema,
  SessionDetailsSchema,
  SessionService,
  TimelineEventSchema,
} from '../../../gen/otp/admin/v1/session_service_pb.js';
import { WebhookAttemptSchema, WebhookDeliverySchema } from '../../../gen/otp/admin/v1/webhook_service_pb.js';
import { EventType } from '../../../gen/otp/v1/otp_service_pb.js';
import { Channel, SessionStatus } from '../../../gen/otp/v1/session_pb.js';
import { ChangeList } from '../ui/ChangeList.js';
import { GuardFacts } from '../ui/GuardFacts.js';
import { Raw } from '../ui/Raw.js';
import { SessionFacts } from '../ui/SessionFacts.js';
import { Timeline } from '../ui/Timeline.js';
import { VerdictCard } from '../ui/VerdictCard.js';
import { WebhookAttempt } from '../ui/WebhookAttempt.js';
import { WebhookAttempts } from '../ui/WebhookAttempts.js';
import { Example } from './Example.js';

const AT = timestampFromDate(new Date(Date.UTC(2026, 2, 4, 10, 2)));
const ID = '01a218cc-0000-7000-8000-000000000001';

const details = create(SessionDetailsSchema, {
  session: {
    id: ID,
    status: SessionStatus.PENDING,
    purpose: 'payment',
    attemptsRemaining: 2,
    channels: [{ channel: Channel.SMS, maskedRecipient: '+57 300 *** ** 42' }],
  },
});
const events = [
  EventType.SESSION_CREATED,
  EventType.DELIVERY_FAILED,
  EventType.FALLBACK_STARTED,
  EventType.CODE_REJECTED,
  EventType.SESSION_APPROVED,
].map((type, at) =>
  create(TimelineEventSchema, { event: { id: String(at), type, at: AT, channel: Channel.SMS }, count: 1 }),
);
const attempts = [200, 500, 0].map((statusCode) =>
  create(WebhookAttemptSchema, {
    eventId: `whe_${statusCode}`,
    eventType: 'session.approved',
    statusCode,
    accepted: statusCode === 200,
    error: statusCode ? '' : 'CONNECTION',
    at: AT,
  }),
);
const changes = [ConfigurationAction.CREATE, ConfigurationAction.UPDATE, ConfigurationAction.DELETE].map(
  (action) =>
    create(ConfigurationChangeSchema, {
      action,
      workspace: 'default',
      resource: `templates/otp-sms/${action}`,
      fields: [{ path: 'text', before: '"old"', after: '"new"' }],
    }),
);
const diagnosis = create(DiagnoseRecipientResponseSchema, {
  verdict: Verdict.UNCONFIRMED,
  sentence: 'Five codes in five minutes were used.',
  reply: 'Please wait until 10:07 and ask once more.',
  freeAgainAt: AT,
});

/** Objects of the contract as pages show them. */
export const Objects = () => (
  <>
    <Example name="SessionFacts">
      <SessionFacts details={details} />
    </Example>
    <Example name="Raw">
      <Raw
        label="Session as"
        schema={SessionDetailsSchema}
        message={details}
        call={{
          method: SessionService.method.getSession,
          request: create(GetSessionRequestSchema, { sessionId: ID }),
        }}
      >
        <p>The overview.</p>
      </Raw>
    </Example>
    <Example name="Timeline">
      <Timeline events={events} />
    </Example>
    <Example name="VerdictCard">
      <VerdictCard diagnosis={diagnosis} />
    </Example>
    <Example name="GuardFacts">
      <GuardFacts guard={create(GuardSchema, { countryBlock: ['GB'] })} />
    </Example>
    <Example name="WebhookAttempt">
      {[...attempts, undefined].map((attempt) => (
        <p key={attempt?.eventId}>
          <WebhookAttempt attempt={attempt} />
        </p>
      ))}
    </Example>
    <Example name="WebhookAttempts">
      <WebhookAttempts
        delivery={create(WebhookDeliverySchema, {
          sessionId: ID,
          attempts,
          waiting: [{ eventId: 'whe_9', eventType: 'session.locked', queuedAt: AT, tries: 2 }],
        })}
      />
    </Example>
    <Example name="ChangeList">
      <ChangeList changes={changes} />
      <ChangeList changes={[]} />
    </Example>
  </>
);
