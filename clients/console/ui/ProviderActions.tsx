import {
  type Provider,
  ProviderService,
  type SendTestMessageResponse,
  type TestProviderResponse,
} from '../../../gen/otp/admin/v1/provider_service_pb.js';
import { Channel } from '../../../gen/otp/v1/session_pb.js';
import { api, inWorkspace } from '../api.js';
import { duration } from '../format.js';
import { CHANNELS, deliveryOf, enumOf } from '../words.js';
import { Action } from './Action.js';
import { Select, Text } from './Fields.js';
import { Pill } from './Pill.js';

const { method } = ProviderService;

/** Tests the credentials of one provider, where its vendor has a call for that. */
export function ProviderActions({
  provider,
  again,
}: {
  readonly provider: Provider;
  readonly again: () => void;
}) {
  const { name, canTest } = provider;
  if (!canTest) return null;
  return (
    <Action
      label="Test…"
      look="quiet"
      method={method.testProvider}
      title={`Credentials of ${name}`}
      submit="Ask the vendor"
      onSubmit={async () => {
        const tested = await api.providers.testProvider({ ...inWorkspace(), provider: name });
        again();
        return <Tested tested={tested} />;
      }}
    >
      <p>Asks the vendor whether it accepts the credentials of the service’s settings. Nothing is sent.</p>
    </Action>
  );
}

function Tested({ tested: { passed, attempt } }: { readonly tested: TestProviderResponse }) {
  return (
    <p>
      <Pill tone={passed ? 'ok' : 'bad'}>{passed ? 'Accepted' : 'Not accepted'}</Pill>{' '}
      {attempt && (
        <>
          after {duration(attempt.duration)} {attempt.error}{' '}
          <span class="mono">
            {attempt.vendorCode} {attempt.vendorText}
          </span>
        </>
      )}
    </p>
  );
}

/** Sends a message to an address that is typed in full. */
export function TestMessage({ again }: { readonly again: () => void }) {
  return (
    <Action
      label="Send a test message…"
      look="primary"
      method={method.sendTestMessage}
      title="Test message"
      submit="Send it"
      onSubmit={async (values) => {
        const sent = await api.providers.sendTestMessage({
          ...inWorkspace(),
          channel: enumOf(Channel, values.text('channel')),
          recipient: values.text('recipient'),
          provider: values.text('provider'),
          requestId: crypto.randomUUID(),
        });
        again();
        return <Sent sent={sent} />;
      }}
    >
      <p>
        It counts against the limits of the recipient, is paid for and recorded. Its code verifies nothing.
      </p>
      <Select
        label="Channel"
        name="channel"
        value={Channel.SMS}
        options={CHANNELS.map(({ channel: value, word }) => ({ value, word }))}
      />
      <Text
        label="Recipient"
        name="recipient"
        required
        maxLength={254}
        hint="In full: +57 300 111 2233, you@example.com"
      />
      <Text label="Provider" name="provider" maxLength={64} hint="Empty: the first of the route" />
    </Action>
  );
}

function Sent({ sent: { delivery } }: { readonly sent: SendTestMessageResponse }) {
  if (!delivery) return null;
  const { tone, word } = deliveryOf(delivery.state);
  return (
    <>
      <p>
        <Pill tone={tone}>{word}</Pill> {delivery.error}
      </p>
      {delivery.attempts.length === 0 && (
        <p>No provider has responded in time. The message may still arrive; its code verifies nothing.</p>
      )}
      <ul>
        {delivery.attempts.map(({ number, provider, error, vendorCode, vendorText, duration: took }) => (
          <li key={number}>
            {provider} after {duration(took)} {error} <span class="mono">{vendorCode}</span> {vendorText}
          </li>
        ))}
      </ul>
    </>
  );
}
