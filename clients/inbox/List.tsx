import type { InboxMessage } from '../../gen/otp/admin/v1/inbox_service_pb.js';
import { CodeButton } from './CodeButton.js';
import { choose, chosen, messages } from './state.js';
import { channelWord, moment } from './words.js';

/** The messages, newest first. */
export function List() {
  return (
    <nav class="message-list" aria-label="Messages">
      <ul>
        {messages.value?.map((message) => (
          <Row key={message.id} message={message} />
        ))}
      </ul>
    </nav>
  );
}

function Row({ message }: { readonly message: InboxMessage }) {
  const { id, to, at, code, subject, text } = message;
  const isChosen = chosen.value?.id === id;
  return (
    <li class={isChosen ? 'message-row on' : 'message-row'}>
      <button
        type="button"
        class="message-open"
        aria-current={isChosen ? 'true' : undefined}
        onClick={() => {
          choose(id);
          document.getElementById('message')?.scrollIntoView({ block: 'nearest' });
        }}
      >
        <span class="row-head">
          <strong>{to}</strong>
          <time>{moment(at)}</time>
        </span>
        <span class="row-text">
          <span class="channel-word">{channelWord(message.channel)}</span> {subject || text}
        </span>
      </button>
      {code && <CodeButton code={code} />}
    </li>
  );
}
