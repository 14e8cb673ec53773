import type { InboxMessage } from '../../gen/otp/admin/v1/inbox_service_pb.js';
import { Empty } from '../look/States.js';
import { CodeButton } from './CodeButton.js';
import { channel, choose, chosen, isFiltered, load, messages, query } from './state.js';
import { channelWord, moment } from './words.js';

/** The messages, newest first. */
export function List() {
  const all = messages.value ?? [];
  if (all.length === 0) return isFiltered.value ? <NoneMatch /> : <NoneYet />;
  return (
    <nav class="message-list" aria-label="Messages">
      <ul>
        {all.map((message) => (
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

const NoneYet = () => (
  <Empty
    title="Nothing has arrived yet"
    command={`curl ${location.origin}/otp.v1.OtpService/Send -H "Authorization: Bearer $COUNTERSIGN_KEY" -H 'Content-Type: application/json' -d '{"recipients":{"email":"you@example.com"}}'`}
  >
    Messages of channels without a provider arrive here the moment they are sent, and stay for a day.
  </Empty>
);

const NoneMatch = () => (
  <div class="empty">
    <h2>No message matches</h2>
    <p>Messages there may be: the search or the channel hides them.</p>
    <button
      type="button"
      class="button small"
      onClick={() => {
        query.value = '';
        channel.value = 0;
        void load();
      }}
    >
      Show all
    </button>
  </div>
);
