import { expect } from 'vitest';
import type { ChannelName } from '../../../../server/domain/channels.js';
import { eventually } from '../../../support/eventually.js';
import { type Delivering, newRecipients, passing } from './delivering.js';
import { ACCEPTED } from './scripted.js';

export const CHANNELS = {
  email: 'CHANNEL_EMAIL',
  sms: 'CHANNEL_SMS',
  whatsapp: 'CHANNEL_WHATSAPP',
} as const;
export const step = (channel: ChannelName, seconds: number) => ({
  channel: CHANNELS[channel],
  wait: `${seconds}s`,
});
export const SMS_LATER = { fallback: [step('sms', 40)] };

export const shown = async ({ call }: Delivering, sessionId: string, channel: ChannelName) => {
  const { body } = await call('otp.v1.OtpService/GetSession', { sessionId });
  const { deliveryState, dueAt } = body.session.channels.find(
    (one: { channel: string }) => one.channel === CHANNELS[channel],
  );
  return { deliveryState, dueAt };
};
export const attemptOf = ({ provider }: Delivering, channel: ChannelName, n = 1) =>
  eventually(() => provider.attempts.filter(({ message }) => message.channel === channel)[n - 1]);
/** The same, for a message that leaves when time has passed. */
export const comes = ({ provider, clock }: Delivering, channel: ChannelName) =>
  passing(clock, () => provider.attempts.find(({ message }) => message.channel === channel));
export const dueAt = async (at: Delivering, id: string, channel: ChannelName) =>
  (await at.delivery(id, channel)).dueAt!.getTime();
export const verify = ({ call }: Delivering, sessionId: string, channel: ChannelName, code: string) =>
  call('otp.v1.OtpService/Verify', { sessionId, codes: { [channel]: code } });
export const resend = (at: Delivering, sessionId: string, ...channels: ChannelName[]) =>
  at.call('otp.v1.OtpService/Resend', { sessionId, channels: channels.map((name) => CHANNELS[name]) });
/** Shows that nothing else was sent until a message asked for now has been. */
export const nothingElse = async (at: Delivering, attempts: number) => {
  at.provider.always(ACCEPTED);
  const other = await at.send(newRecipients('email'));
  await at.settled(other);
  expect(at.provider.attempts).toHaveLength(attempts + 1);
};
