import type { Message, Outcome } from '../../provider.js';
import { vendorResponse } from '../../vendorResponse.js';
import { smtpMeaning } from '../smtp/errors.js';
import { TWILIO_ERRORS } from '../twilio/errors.js';

/** The outcome that a vendor's code has: an SMTP reply's for an e-mail, Twilio's for other channels. */
export function refusal(vendorCode: string, message: Message): Outcome {
  if (vendorCode === '') return { kind: 'retry', error: 'PROVIDER_FAULT' };
  const vendor = vendorResponse(vendorCode, 'Simulated by the development inbox.', message);
  const kept = vendor ? { vendor } : {};
  return message.channel === 'email'
    ? { ...emailRefusal(Number(vendorCode)), ...kept }
    : { ...textRefusal(vendorCode), ...kept };
}

function emailRefusal(responseCode: number): Outcome {
  if (responseCode >= 400 && responseCode < 500) return { kind: 'retry', error: `SMTP_${responseCode}` };
  const meaning = smtpMeaning({ responseCode, enhanced: undefined, command: 'RCPT TO' });
  return { kind: 'failed', error: meaning };
}

function textRefusal(vendorCode: string): Outcome {
  const meaning = TWILIO_ERRORS.meaningOf(vendorCode) ?? 'REFUSED';
  if (meaning === 'EXPIRED') return { kind: 'retry', error: 'PROVIDER_FAULT' };
  return typeof meaning === 'string'
    ? { kind: 'failed', error: meaning }
    : { kind: 'retry', error: meaning.retry };
}
