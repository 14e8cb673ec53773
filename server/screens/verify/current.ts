import { type ChannelState, DeliveryState, type Session } from '../../../gen/otp/v1/session_pb.js';

/** The channel whose code is asked for first: not verified yet, and its message did not fail. */
export function currentChannel(session: Session | undefined): ChannelState | undefined {
  const open = (session?.channels ?? []).filter(({ verified }) => !verified);
  const isOut = ({ deliveryState }: ChannelState) =>
    deliveryState === DeliveryState.FAILED || deliveryState === DeliveryState.WAITING;
  return open.find((channel) => !isOut(channel)) ?? open[0];
}
