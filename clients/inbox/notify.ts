import { signal } from '@preact/signals';
import type { InboxMessage } from '../../gen/otp/admin/v1/inbox_service_pb.js';
import { channelWord } from './words.js';

/** Whether the browser shows that a message has arrived while another tab is looked at. */
export const notifies = signal(false);

export async function switchNotifications(): Promise<void> {
  notifies.value = !notifies.peek() && (await Notification.requestPermission()) === 'granted';
}

/** The code stays in the page: notifications are shown on locked screens. */
export function announce({ channel, id }: InboxMessage): void {
  if (notifies.peek() && document.hidden) {
    new Notification('Countersign inbox', { body: `A message by ${channelWord(channel)}`, tag: id });
  }
}
