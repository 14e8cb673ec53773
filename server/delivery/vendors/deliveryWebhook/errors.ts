import { errorTable } from '../errorTable.js';

/** The statuses with which the service refuses a message, where they mean more than of another vendor. */
export const WEBHOOK_ERRORS = errorTable({
  rows: [
    [400, 'REFUSED', 'the message is refused'],
    [401, 'MISCONFIGURED', 'the signature is not recognised'],
    [403, 'REFUSED', 'the message is refused'],
    [422, 'WRONG_RECIPIENT', 'the recipient cannot be reached'],
  ],
});
