import type { ChannelName } from '../domain/channels.js';
import type { Logger } from '../observe/log.js';
import type { Clock } from '../platform/clock.js';
import { MINUTE_MS } from '../platform/durations.js';
import type { StoredSession } from '../session/stored.js';
import { idOf, workspaceOf } from '../store/documentId.js';
import type { Variables } from './compileTemplate.js';
import { defaultTemplate, type Template } from './defaultTemplates.js';
import { type MessageKind, messageKind } from './messageKind.js';
import type { Message } from './provider.js';
import { type AutofillLines, type Rendered, render } from './render.js';
import { transactionVariables } from './transactionVariables.js';

/** What a workspace sets for its messages. */
export interface Branding extends AutofillLines {
  readonly brand: string;
}

interface Deps {
  /** Opens a value sealed into a session; see secrets/. */
  readonly open: (sessionId: string, field: string, sealed: string) => string;
  readonly brandingOf: (workspace: string) => Promise<Branding>;
  /** The workspace's own template for a message, if it has one; the same object until it changes. */
  readonly templateOf: (
    workspace: string,
    kind: MessageKind,
    locale: string,
  ) => Promise<Template | undefined>;
  /** Host of the service's own pages; undefined where it is not known. */
  readonly pageHost: string | undefined;
  readonly clock: Clock;
  readonly log: Logger;
}

/** Opens the sealed code and address of one channel and renders its message. */
export function createBuildMessage({ open, brandingOf, templateOf, pageHost, clock, log }: Deps) {
  /** Templates that could not be rendered: one warning for each, not one for each message. */
  const faulty = new WeakSet<Template>();

  function renderOwn(
    workspace: string,
    name: ChannelName,
    template: Template,
    ...values: [Variables, AutofillLines]
  ): Rendered | undefined {
    try {
      return render(name, template, ...values);
    } catch (err) {
      if (!faulty.has(template)) {
        log.warn(
          { err, workspace, channel: name },
          'a template cannot be rendered; the built-in one is used',
        );
      }
      faulty.add(template);
      return undefined;
    }
  }

  return async (session: StoredSession, name: ChannelName): Promise<Message> => {
    const channel = session.channels[name];
    if (!channel?.delivery.message || !channel.address)
      throw new Error(`no message is left to send on ${name}`);
    const workspace = workspaceOf(session);
    const code = open(session._id, messageField(name), channel.delivery.message);
    const { brand, ...branding } = await brandingOf(workspace);
    const { embedHost } = session;
    const lines = embedHost && pageHost ? { ...branding, webHost: embedHost, frameHost: pageHost } : branding;
    const expiresAt = channel.codeExpiresAt.getTime();
    const minutes = Math.max(1, Math.ceil((expiresAt - clock.now()) / MINUTE_MS));
    const transaction = session.operation?.transaction;
    const variables = { code, brand, minutes, ...(transaction && transactionVariables(transaction)) };
    const kind = messageKind(name, transaction !== undefined);
    const literal = name === 'email' || transaction ? undefined : session.messageTemplate;
    const own = literal ? undefined : await templateOf(workspace, kind, session.locale);
    const rendered =
      (own && renderOwn(workspace, name, own, variables, lines)) ??
      render(name, literal ? { literal } : defaultTemplate(kind, session.locale), variables, lines);
    return {
      id: `${session._id}/${name}/${channel.delivery.n}`,
      channel: name,
      to: open(session._id, addressField(name), channel.address),
      ...(channel.sender && { from: channel.sender }),
      code,
      locale: session.locale,
      workspace,
      sessionId: idOf(session),
      expiresAt,
      ...rendered,
    };
  };
}

/** Names the sealed fields of a channel: a value opens only in the place it was sealed for. */
export const addressField = (channel: ChannelName): string => `channels.${channel}.address`;
export const messageField = (channel: ChannelName): string => `channels.${channel}.delivery.message`;
