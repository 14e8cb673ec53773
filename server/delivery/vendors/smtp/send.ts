import { domainToASCII } from 'node:url';
import { createTransport } from 'nodemailer';
import type { Message, Outcome, Provider } from '../../provider.js';
import { type Secrets, vendorResponse } from '../../vendorResponse.js';
import { connectionOutcome } from '../connectionOutcome.js';
import { enhancedCode, smtpMeaning } from './errors.js';
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
        return signal.aborted ? { kind: 'retry', error: 'TIMEOUT' } : outcomeOf(error, message);
      }
    },
    async check(signal) {
      try {
        await transport.verify();
        return { kind: 'accepted' };
      } catch (error) {
        return signal.aborted ? { kind: 'retry', error: 'TIMEOUT' } : outcomeOf(error, {});
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

/** Reads an SMTP error by its codes; the text is kept only as far as it quotes nothing of the message. */
function outcomeOf(error: unknown, message: Secrets): Outcome {
  const { code, responseCode, response = '', command } = error as SmtpError;
  if (!responseCode)
    return code === 'EAUTH' ? { kind: 'failed', error: 'MISCONFIGURED' } : connectionOutcome(error);
  const enhanced = enhancedCode(response);
  const words = response.replace(/^\d{3}[ -]/, '').replace(enhanced ?? '', '');
  const vendor = vendorResponse(enhanced ? `${responseCode}_${enhanced}` : responseCode, words, message);
  const kept = vendor ? { vendor } : {};
  if (responseCode >= 500) {
    // RFC 4954 section 6: any final reply to AUTH is about the credentials.
    const meaning = code === 'EAUTH' ? 'MISCONFIGURED' : smtpMeaning({ responseCode, enhanced, command });
    return { kind: 'failed', error: meaning, ...kept };
  }
  return {
    kind: 'retry',
    error: `SMTP_${responseCode}`,
    ...kept,
    // Greylisted, or full: RFC 5321 section 4.2.2. With 421 the server closes the connection for all messages.
    ...(command === 'RCPT TO' && responseCode !== 421 && { aboutMessage: true }),
  };
}

interface SmtpError {
  readonly code?: string;
  readonly responseCode?: number;
  readonly response?: string;
  readonly command?: string;
}
