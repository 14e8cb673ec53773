import { errorTable } from '../../../../../server/delivery/vendors/errorTable.js';

export const EXAMPLE_ERRORS = errorTable({
  source: 'https://vendor.example/errors',
  rows: [
    ['no-such-number', 'WRONG_RECIPIENT', 'the number does not exist'],
    ['busy', { retry: 'RATE_LIMITED' }, 'too many messages'],
  ],
});
