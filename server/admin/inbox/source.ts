import type { InboxMessage } from '../../delivery/vendors/inbox/messages.js';

/** An e-mail with its headers and parts, as it would be sent; empty for other channels. */
export async function sourceOf(message: InboxMessage): Promise<string> {
  const { channel, id, time, from, to, subject = '', text, html } = message;
  if (channel !== 'email') return '';
  // Loaded by the first call: nothing else in a development service without SMTP needs it.
  const { default: MailComposer } = await import('nodemailer/lib/mail-composer/index.js');
  const composer = new MailComposer({
    from,
    to: { name: '', address: to },
    subject,
    text,
    ...(html !== undefined && { html }),
    date: new Date(time),
    messageId: `<${id}@inbox.invalid>`,
    // The same whenever it is shown.
    baseBoundary: id,
    headers: { 'Auto-Submitted': 'auto-generated' },
    disableFileAccess: true,
    disableUrlAccess: true,
  });
  return (await composer.compile().build()).toString('utf8');
}
