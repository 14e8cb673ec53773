import { defaultTemplate, type Template } from '../../delivery/defaultTemplates.js';
import { type MessageKind, messageKind } from '../../delivery/messageKind.js';
import type { ChannelName } from '../../domain/channels.js';
import type { Document } from '../../store/documents.js';

/** A workspace's own message, `_id` = workspace/key/locale. */
export interface StoredTemplate extends Document {
  readonly channel: ChannelName;
  /** For sessions with a transaction. */
  readonly transaction?: boolean;
  /** Canonical BCP 47 tag. */
  readonly locale: string;
  /** E-mail only; absent: the built-in one. */
  readonly subject?: string;
  readonly text: string;
  /** E-mail only; absent: the message has text only. */
  readonly html?: string;
  readonly createdAt: Date;
  readonly updatedAt: Date;
}

/** The reserved key of the templates of a kind of message. */
export const templateKey = (kind: MessageKind): string => `otp-${kind}`;

/** What a message is rendered from. */
export function templateOf({
  channel,
  transaction = false,
  locale,
  subject,
  text,
  html,
}: Omit<StoredTemplate, '_id' | 'createdAt' | 'updatedAt'>): Template {
  const title = subject ?? defaultTemplate(messageKind(channel, transaction), locale).subject;
  return { ...(title && { subject: title }), text, ...(html && { html }) };
}
