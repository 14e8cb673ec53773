import type { MessageLimits, SenderForm } from '../../../../../server/delivery/vendors/limits.js';

export const EXAMPLE_SENDERS: SenderForm = {
  pattern: /^[A-Z]{3,8}$/,
  description: 'a name of 3 to 8 capital letters',
};

export const EXAMPLE_LIMITS = { textCharacters: 300 } as const satisfies MessageLimits;
