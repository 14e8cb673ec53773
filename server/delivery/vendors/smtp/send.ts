import { createTransport } from 'nodemailer';
import type { Message, Outcome, Provider } from '../../provider.js';
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
        return signal.aborted ? { kind: 'retry', error: 'TIMEOUT' } : outcomeOf(error);
      }
    },
    async close() {
      transport.close();
    },
  };
}

function mailOf(message: Message, from: string) {
  return {
    from: message.from ?? from,
    to: { name: '', address: message.to },
    subject: message.subject ?? '',
    text: message.text,
    ...(message.html === undefined ? {} : { html: message.html }),
    // The same on every delivery attempt, so that a mailbox can drop the repeat of a
    // message whose acceptance was lost.
    messageId: `<${message.id.replaceAll('/', '.')}@countersign>`,
    // RFC 3834: suppresses automatic replies.
    headers: { 'Auto-Submitted': 'auto-generated' },
  };
}

/** Reads an SMTP error by its codes alone: its text quotes the address. */
function outcomeOf(error: unknown): Outcome {
  const { code, responseCode = 0, response = '', command } = error as SmtpError;
  const isFinal = responseCode >= 500;
  // RFC 4954 section 6: 454 says that passwords cannot be checked right now, 530 that one is required.
  if (responseCode === 530 || (code === 'EAUTH' && (isFinal || !responseCode)))
    return { kind: 'failed', error: 'MISCONFIGURED' };
  const isAboutMailbox = command === 'RCPT TO';
  if (isFinal) {
    // RFC 3463 section 3.8: x.7 is about who may send there, not about the mailbox.
    const isPolicy = /^\d{3}[ -]\d\.7\./.test(response);
    return { kind: 'failed', error: isAboutMailbox && !isPolicy ? 'WRONG_RECIPIENT' : 'REFUSED' };
  }
  if (!responseCode) return { kind: 'retry', error: 'UNREACHABLE' };
  return {
    kind: 'retry',
    error: `SMTP_${responseCode}`,
    // Greylisted, or full: RFC 5321 section 4.2.2. With 421 the server closes the connection for all messages.
    ...(isAboutMailbox && responseCode !== 421 && { aboutMessage: true }),
  };
}

interface SmtpError {
  readonly code?: string;
  readonly responseCode?: number;
  readonly response?: string;
  readonly command?: string;
}
