import { createTransport } from 'nodemailer';
import type { Message, Outcome, Provider } from '../provider.js';

const TIMEOUT_MS = 20_000;

/** Opens the SMTP provider: e-mail through one server, over a small pool of connections. */
export function createSmtp(url: string, from: string): Provider {
  const transport = createTransport({
    url,
    pool: true,
    maxConnections: 5,
    maxMessages: Number.POSITIVE_INFINITY,
    connectionTimeout: 5_000,
    greetingTimeout: 5_000,
    socketTimeout: 10_000,
    // One more connection where a server had closed a pooled one; any other try is the worker's to count.
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
        // Without the signal a message given up would wait for a connection, and leave late.
        const info = await transport.sendMail({ ...compose(message, from), signal });
        return { kind: 'accepted', vendorId: info.messageId };
      } catch (error) {
        return signal.aborted ? { kind: 'retry', error: 'TIMEOUT' } : judge(error);
      }
    },
    async close() {
      transport.close();
    },
  };
}

function compose(message: Message, from: string) {
  return {
    from: message.from ?? from,
    to: { name: '', address: message.to },
    subject: message.subject ?? '',
    text: message.text,
    ...(message.html === undefined ? {} : { html: message.html }),
    // The same on every try, so that a mailbox can drop the repeat of a message
    // whose acceptance was lost on the way back.
    messageId: `<${message.id.replaceAll('/', '.')}@countersign>`,
    // RFC 3834: nobody's absence notice should answer a code.
    headers: { 'Auto-Submitted': 'auto-generated' },
  };
}

/** Reads an SMTP error by its codes alone: its text quotes the address. */
function judge(error: unknown): Outcome {
  const { code, responseCode = 0, response = '', command } = error as SmtpError;
  const isFinal = responseCode >= 500;
  // RFC 4954 section 6: 454 says that passwords cannot be checked right now, 530 that one is asked for.
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
    // Greylisted, or full: RFC 5321 section 4.2.2. With 421 the server takes its leave of everybody.
    ...(isAboutMailbox && responseCode !== 421 && { aboutMessage: true }),
  };
}

interface SmtpError {
  readonly code?: string;
  readonly responseCode?: number;
  readonly response?: string;
  readonly command?: string;
}
