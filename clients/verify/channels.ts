import type { ChannelJson, SessionJson } from './shapes.js';

interface Deps {
  readonly find: (id: string) => HTMLElement;
  readonly say: Readonly<Record<string, string>>;
  readonly skew: number;
  /** Sends a new code over a channel, by its name in the contract. */
  readonly resend: (channel: string) => void;
  /** The code of another channel is asked for now. */
  readonly switched: () => void;
}

/** Which channel's code is asked for, and the buttons for the others. */
export interface Channels {
  show(session: SessionJson): void;
  current(): ChannelJson | undefined;
  /** Whether the message of the current channel could not be delivered. */
  hasFailed(): boolean;
}

/** "sms" of "CHANNEL_SMS". */
export const nameOf = (channel: ChannelJson | undefined): string =>
  (channel?.channel ?? 'CHANNEL_SMS').replace('CHANNEL_', '').toLowerCase();

const isFailed = ({ deliveryState }: ChannelJson) => deliveryState === 'DELIVERY_STATE_FAILED';
const isWaiting = ({ deliveryState }: ChannelJson) => deliveryState === 'DELIVERY_STATE_WAITING';

export function createChannels({ find, say, skew, resend, switched }: Deps): Channels {
  let chosen: string | undefined;
  let channels: readonly ChannelJson[] = [];
  const open = () => channels.filter(({ verified }) => !verified);
  const current = () =>
    open().find(({ channel }) => channel === chosen) ??
    open().find((one) => !isFailed(one) && !isWaiting(one)) ??
    open()[0];

  function show(session: SessionJson): void {
    channels = session.channels ?? [];
    const now = current();
    find('to').textContent = now?.maskedRecipient ?? '';
    const needsAll = session.policy?.strategy === 'STRATEGY_ALL' && channels.length > 1;
    find('step').textContent = needsAll
      ? say
          .step!.replace('{n}', String(channels.length - open().length + 1))
          .replace('{of}', String(channels.length))
      : '';
    const others = open().filter((one) => one !== now);
    find('channels').replaceChildren(
      ...others.filter(isWaiting).map((one) => waiting(one)),
      ...others.filter((one) => !isWaiting(one)).map((one) => button(session, one)),
    );
  }

  const word = (text: string, one: ChannelJson) => text.replace('{channel}', say[nameOf(one)] ?? nameOf(one));

  function waiting(one: ChannelJson): HTMLElement {
    const seconds = Math.max(1, Math.ceil((Date.parse(one.dueAt ?? '') - Date.now() - skew) / 1_000));
    const text = word(say.alsoTry!, one).replace('{n}', String(seconds || 1));
    return Object.assign(document.createElement('p'), { textContent: text });
  }

  /** A message that failed has to be sent again; the code of one that was sent can be entered. */
  function button(session: SessionJson, one: ChannelJson): HTMLElement {
    const element = Object.assign(document.createElement('button'), {
      type: 'button',
      className: 'link',
      textContent: word(isFailed(one) ? say.by! : say.useCode!, one),
    });
    element.addEventListener('click', () => {
      chosen = one.channel;
      if (isFailed(one)) resend(one.channel);
      show(session);
      switched();
    });
    return element;
  }

  return {
    show,
    current,
    hasFailed: () => {
      const now = current();
      return now !== undefined && isFailed(now);
    },
  };
}
