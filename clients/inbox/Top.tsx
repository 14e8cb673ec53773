import { useSignal } from '@preact/signals';
import type { RefObject } from 'preact';
import { useRef } from 'preact/hooks';
import type { Channel } from '../../gen/otp/v1/session_pb.js';
import { Icon } from '../look/Icon.js';
import { Mark } from '../look/Mark.js';
import { ChaosDialog } from './ChaosDialog.js';
import { DeleteDialog } from './DeleteDialog.js';
import { notifies, switchNotifications } from './notify.js';
import { channel, hasChaos, isLive, load, messages, query } from './state.js';
import { CHANNELS, channelWord } from './words.js';

const TYPING_MS = 150;

/** Search, what is shown and what can be done with all of it. */
export function Top({ search }: { readonly search: RefObject<HTMLInputElement | null> }) {
  const open = useSignal<'none' | 'chaos' | 'delete'>('none');
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  const close = () => {
    open.value = 'none';
  };
  const total = messages.value?.length ?? 0;
  return (
    <header class="inbox-top">
      <h1 class="brand">
        <Mark /> Inbox
      </h1>
      <search class="inbox-search">
        <label class="find">
          <Icon name="search" />
          <span class="hidden">Search recipients, subjects and texts</span>
          <input
            ref={search}
            type="search"
            placeholder="Search"
            value={query.value}
            onInput={({ currentTarget }) => {
              query.value = currentTarget.value;
              clearTimeout(timer.current);
              timer.current = setTimeout(() => void load(), TYPING_MS);
            }}
          />
          <kbd>/</kbd>
        </label>
        <select
          class="input channel"
          aria-label="Channel"
          value={channel.value}
          onChange={({ currentTarget }) => {
            channel.value = Number(currentTarget.value) as Channel;
            void load();
          }}
        >
          <option value={0}>All channels</option>
          {CHANNELS.map((one) => (
            <option key={one} value={one}>
              {channelWord(one)}
            </option>
          ))}
        </select>
      </search>
      <p class="live-state soft" role="status">
        <span class={isLive.value ? 'live on' : 'live'}>
          <span class="dot" aria-hidden="true" />
        </span>
        {total} {total === 1 ? 'message' : 'messages'}, {isLive.value ? 'live' : 'polled'}
      </p>
      <div class="tools">
        <button
          type="button"
          class="button small"
          aria-pressed={notifies.value}
          onClick={switchNotifications}
        >
          Notify
        </button>
        <button
          type="button"
          class={hasChaos.value ? 'button small chaos-on' : 'button small'}
          onClick={() => {
            open.value = 'chaos';
          }}
        >
          Faults{hasChaos.value ? ' on' : ''}
        </button>
        <button
          type="button"
          class="button small danger-quiet"
          aria-disabled={total === 0}
          onClick={() => {
            if (total > 0) open.value = 'delete';
          }}
        >
          Delete all
        </button>
      </div>
      {open.value === 'chaos' && <ChaosDialog close={close} />}
      {open.value === 'delete' && <DeleteDialog close={close} />}
    </header>
  );
}
