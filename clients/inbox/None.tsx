import { Empty } from '../look/States.js';
import { channel, load, query } from './state.js';

export const NoneYet = () => (
  <Empty
    title="Nothing has arrived yet"
    command={`curl ${location.origin}/otp.v1.OtpService/Send -H "Authorization: Bearer $COUNTERSIGN_KEY" -H 'Content-Type: application/json' -d '{"recipients":{"email":"you@example.com"}}'`}
  >
    Messages of channels without a provider arrive here the moment they are sent, and stay for a day.
  </Empty>
);

export const NoneMatch = () => (
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
