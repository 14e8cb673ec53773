import { z } from 'zod';
import type { FinalError } from '../../words.js';
import { errorTable } from '../errorTable.js';

/** The statuses with which the service refuses a message, where they mean more than of another vendor. */
export const WEBHOOK_ERRORS = errorTable({
  rows: [
    [400, 'REFUSED', 'the message is refused'],
    [401, 'MISCONFIGURED', 'the signature is not recognised'],
    [403, 'REFUSED', 'the message is refused'],
    [422, 'WRONG_RECIPIENT', 'the recipient cannot be reached'],
  ],
  others: [['error', 'REFUSED', 'a word of the body, `{"error": "OPTED_OUT"}`, says more than the status']],
});

/** The words that the service may use, in a response and in a delivery receipt. */
export const FINAL_WORDS = [
  'WRONG_RECIPIENT',
  'RECIPIENT_UNAVAILABLE',
  'OPTED_OUT',
  'REFUSED',
  'MISCONFIGURED',
] as const satisfies readonly FinalError[];

export const WEBHOOK_WORDS = z.enum(FINAL_WORDS);
