import type { Outcome } from '../../provider.js';
import { type Secrets, vendorResponse } from '../../vendorResponse.js';
import { connectionOutcome } from '../connectionOutcome.js';
import { enhancedCode, smtpMeaning } from './errors.js';

/** Reads an SMTP error by its codes; the text is kept only as far as it quotes nothing of the message. */
export function smtpOutcome(error: unknown, message: Secrets): Outcome {
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

/** What nodemailer says of a failure. */
interface SmtpError {
  readonly code?: string;
  readonly responseCode?: number;
  readonly response?: string;
  readonly command?: string;
}
