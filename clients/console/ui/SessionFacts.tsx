import { Mode } from '../../../gen/otp/admin/v1/api_key_service_pb.js';
import type { SessionDetails } from '../../../gen/otp/admin/v1/session_service_pb.js';
import { count } from '../format.js';
import { link } from '../route.js';
import { channelOf, deliveryOf } from '../words.js';
import { Ago } from './Ago.js';
import { Facts } from './Facts.js';

/** What a session was. */
export function SessionFacts({ details }: { readonly details: SessionDetails }) {
  const { session, recipients } = details;
  if (!session) return null;
  const channels = session.channels.map((state) => {
    const recipient = recipients.find(({ channel }) => channel === state.channel);
    const masked = <span class="num">{state.maskedRecipient}</span>;
    return [
      channelOf(state.channel),
      <>
        {recipient?.fingerprint ? (
          <a href={link(`/recipients/${recipient.fingerprint}`)}>{masked}</a>
        ) : (
          masked
        )}
        {recipient?.country && ` ${recipient.country}`}
        <br />
        <span class="soft">
          {deliveryOf(state.deliveryState).word}
          {state.deliveryError && `: ${state.deliveryError}`}
          {state.verified && ', code entered'}
        </span>
      </>,
    ] as const;
  });
  return (
    <Facts
      facts={[
        ...channels,
        ['Purpose', session.purpose],
        ['Operation', session.operation && `${session.operation.type} ${session.operation.id}`],
        ['Attempts left', count(session.attemptsRemaining)],
        ['Resends', details.resends > 0 && count(details.resends)],
        [
          'Started',
          <>
            <Ago at={session.createdAt} />{' '}
            <span class="soft">
              (<Ago at={session.createdAt} as="ago" />)
            </span>
          </>,
        ],
        ['Ends', <Ago key="end" at={session.expiresAt} as="clock" />],
        ['Approved', session.approvedAt && <Ago at={session.approvedAt} as="clock" />],
        ['Redeemed', session.redeemedAt && <Ago at={session.redeemedAt} as="clock" />],
        ['Sent by', details.apiKeyName || details.apiKeyId],
        ['User', details.userId],
        ['IP address', details.endUserIp],
        ['Locale', details.locale],
        ['Sender', details.senderId],
        ['Request', details.requestId],
        ['Sponsor', session.beneficiary?.sponsorSlug],
        ['Mode', details.mode === Mode.TEST && 'Test'],
      ]}
    />
  );
}
