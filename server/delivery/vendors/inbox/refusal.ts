import type { Message, Outcome } from '../../provider.js';
import { vendorResponse } from '../../vendorResponse.js';
import { meaningOutcome } from '../errorTable.js';
import { smtpOutcome } from '../smtp/outcome.js';
import { TWILIO_ERRORS } from '../twilio/errors.js';

const TEXT = 'Simulated by the development inbox.';

/** The outcome that a vendor's code has: an SMTP reply's for an e-mail, Twilio's for other channels. */
export function refusal(vendorCode: string, message: Message): Outcome {
  if (vendorCode === '') return { kind: 'retry', error: 'PROVIDER_FAULT' };
  const isMail = message.channel === 'email';
  const responseCode = Number(vendorCode);
  if (isMail && responseCode >= 400)
    return smtpOutcome({ responseCode, response: TEXT, command: 'RCPT TO' }, message);
  // What is no code of theirs is a refusal, as one that is in no table.
  const meaning = isMail ? undefined : TWILIO_ERRORS.meaningOf(vendorCode);
  const vendor = vendorResponse(vendorCode, TEXT, message);
  return { ...meaningOutcome(meaning ?? 'REFUSED'), ...(vendor && { vendor }) };
}
