import type { Clock } from '../clock.js';
import type { ChannelName } from '../domain/channels.js';
import type { StoredSession } from '../domain/session.js';
import { defaultTemplate } from './defaultTemplates.js';
import type { Message } from './provider.js';
import { render } from './render.js';

/** What a workspace says about its messages. */
export interface Branding {
  readonly brand: string;
  readonly webHost?: string;
}

interface Options {
  /** Opens a value sealed into a session; see secrets/. */
  readonly open: (sessionId: string, field: string, sealed: string) => string;
  readonly brandingOf: (workspace: string) => Promise<Branding>;
  readonly clock: Clock;
}

/** Opens the sealed code and address of one channel and renders its message. */
export function createCompose({ open, brandingOf, clock }: Options) {
  return async (session: StoredSession, name: ChannelName): Promise<Message> => {
    const channel = session.channels[name];
    if (!channel?.delivery.message || !channel.address)
      throw new Error(`no message is left to send on ${name}`);
    const workspace = session._id.slice(0, session._id.indexOf('/'));
    const code = open(session._id, messageField(name), channel.delivery.message);
    const { brand, webHost } = await brandingOf(workspace);
    const minutes = Math.max(1, Math.ceil((session.expiresAt.getTime() - clock.now()) / 60_000));
    const template =
      session.messageTemplate && name !== 'email'
        ? { literal: session.messageTemplate }
        : defaultTemplate(name, session.locale);
    const rendered = render(name, template, { code, brand, minutes }, webHost);
    return {
      id: `${session._id}/${name}/${channel.delivery.n}`,
      channel: name,
      to: open(session._id, addressField(name), channel.address),
      ...(channel.sender && { from: channel.sender }),
      ...rendered,
      code,
      locale: session.locale,
      workspace,
      sessionId: session._id.slice(session._id.indexOf('/') + 1),
    };
  };
}

/** Names the sealed fields of a channel: a value opens only in the place it was sealed for. */
export const addressField = (channel: ChannelName): string => `channels.${channel}.address`;
export const messageField = (channel: ChannelName): string => `channels.${channel}.delivery.message`;
