import type { Timestamp } from '@bufbuild/protobuf/wkt';
import { timestampDate } from '@bufbuild/protobuf/wkt';
import { Channel } from '../../gen/otp/v1/session_pb.js';

export const CHANNELS = [Channel.SMS, Channel.WHATSAPP, Channel.EMAIL] as const;

const WORDS: Readonly<Partial<Record<Channel, string>>> = {
  [Channel.SMS]: 'SMS',
  [Channel.WHATSAPP]: 'WhatsApp',
  [Channel.EMAIL]: 'e-mail',
};

export const channelWord = (channel: Channel): string => WORDS[channel] ?? 'another channel';

const sameDay = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit', second: '2-digit' });
const otherDay = new Intl.DateTimeFormat('en-GB', {
  day: 'numeric',
  month: 'short',
  hour: '2-digit',
  minute: '2-digit',
});

/** When, in local time: the day only where it is another one. */
export function moment(at: Timestamp | undefined): string {
  if (!at) return '';
  const date = timestampDate(at);
  const isToday = date.toDateString() === new Date().toDateString();
  return (isToday ? sameDay : otherDay).format(date);
}

/** A code as people read it: in two halves. */
export function spaced(code: string): string {
  const half = Math.ceil(code.length / 2);
  return code.length < 6 ? code : `${code.slice(0, half)} ${code.slice(half)}`;
}
