import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import type { InboxMessage } from '../../gen/otp/admin/v1/inbox_service_pb.js';
import { Copy } from '../look/Copy.js';
import { Tabs } from '../look/Tabs.js';
import { CodeButton } from './CodeButton.js';
import { DeleteDialog } from './DeleteDialog.js';
import { HtmlView } from './HtmlView.js';
import { channelWord, moment } from './words.js';

/** One message, whole. */
export function Message({ message }: { readonly message: InboxMessage }) {
  const isDeleting = useSignal(false);
  useEffect(() => {
    document.title = message
      ? `${channelWord(message.channel)} · Inbox · Countersign`
      : 'Inbox · Countersign';
  }, [message]);
  const { id, to, from, at, subject, text, html, source, code, channel, sessionId, workspace } = message;
  const tabs = [
    { name: 'Text', body: () => <Text text={text} code={code} /> },
    ...(html ? [{ name: 'HTML', body: () => <HtmlView key={id} id={id} /> }] : []),
    ...(source ? [{ name: 'Source', body: () => <Source text={source} /> }] : []),
  ];
  return (
    <main id="message" class="card message" tabIndex={-1} aria-label="Message">
      <div class="message-head">
        <div>
          <h2>{subject || `${channelWord(channel)} to ${to}`}</h2>
          <p class="soft">
            {from} to {to}, {moment(at)}
          </p>
        </div>
        {code && <CodeButton key={id} code={code} isLarge />}
      </div>
      <Tabs key={id} label="Parts of the message" tabs={tabs} />
      <p class="message-foot">
        <a href={`/console/sessions/${sessionId}?workspace=${workspace}`}>Its session in the console</a>
        <button
          type="button"
          class="button quiet small danger-quiet"
          onClick={() => {
            isDeleting.value = true;
          }}
        >
          Delete all to this recipient
        </button>
      </p>
      {isDeleting.value && (
        <DeleteDialog
          to={to}
          close={() => {
            isDeleting.value = false;
          }}
        />
      )}
    </main>
  );
}

/** As a phone shows it, the code marked. */
function Text({ text, code }: { readonly text: string; readonly code: string }) {
  const at = code ? text.indexOf(code) : -1;
  return (
    <p class="bubble">
      {at < 0 ? (
        text
      ) : (
        <>
          {text.slice(0, at)}
          <mark>{code}</mark>
          {text.slice(at + code.length)}
        </>
      )}
    </p>
  );
}

const Source = ({ text }: { readonly text: string }) => (
  <div class="code">
    {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard. */}
    <pre tabIndex={0}>{text}</pre>
    <Copy text={text} />
  </div>
);
