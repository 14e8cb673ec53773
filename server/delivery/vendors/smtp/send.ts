import { domainToASCII } from 'node:url';
import { createTransport } from 'nodemailer';
import type { Message, Provider } from '../../provider.js';
import { smtpOutcome } from './outcome.js';
import type { SmtpSettings } from './settings.js';

const TIMEOUT_MS = 20_000;

/** Opens the SMTP provider: e-mail through one server, over a small pool of connections. */
export function createSmtp({ url, from }: SmtpSettings): Provider {
  const transport = createTransport({
    url,
    pool: true,
    maxConnections: 5,
    maxMessages: Number.POSITIVE_INFINITY,
    connectionTimeout: 5_000,
    greetingTimeout: 5_000,
    socketTimeout: 10_000,
    // One more connection where a server had closed a pooled one; any other delivery attempt is counted by the worker.
    maxRequeues: 1,
    disableFileAccess: true,
    disableUrlAccess: true,
  });
  return {
    name: 'smtp',
    channels: ['email'],
    timeoutMs: TIMEOUT_MS,
    async send(message, signal) {
      try {
        // Without the signal an abandoned message would wait for a connection and be sent late.
        const info = await transport.sendMail({ ...mailOf(message, from), signal });
        return { kind: 'accepted', vendorId: info.messageId };
      } catch (error) {
        return signal.aborted ? { kind: 'retry', error: 'TIMEOUT' } : smtpOutcome(error, message);
      }
    },
    async check(signal) {
      try {
        await transport.verify();
        return { kind: 'accepted' };
      } catch (error) {
        return signal.aborted ? { kind: 'retry', error: 'TIMEOUT' } : smtpOutcome(error, {});
      }
    },
    async close() {
      transport.close();
    },
  };
}

function mailOf(message: Message, defaultFrom: string) {
  const from = message.from ?? defaultFrom;
  return {
    from,
    to: { name: '', address: message.to },
    subject: message.subject ?? '',
    text: message.text,
    ...(message.html === undefined ? {} : { html: message.html }),
    // The same on every delivery attempt, so that a mailbox can drop the repeat of a
    // message whose acceptance was lost.
    messageId: `<${message.id.replaceAll('/', '.')}@${domainOf(from)}>`,
    // RFC 3834: suppresses automatic replies.
    headers: { 'Auto-Submitted': 'auto-generated' },
  };
}

/** The domain of a From header, in ASCII, as identifiers of messages need it. */
function domainOf(from: string): string {
  const domain = /@([^\s<>"]+?)>?\s*$/.exec(from)?.[1] ?? '';
  return domainToASCII(domain) || 'localhost';
}
