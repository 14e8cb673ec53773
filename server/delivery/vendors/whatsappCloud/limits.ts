import type { MessageLimits } from '../limits.js';

/** Of the parameter of an authentication template. */
export const WHATSAPP_LIMITS = { codeCharacters: 15 } as const satisfies MessageLimits;
