import type { Call } from '../call/call.js';
import { checkRules } from '../contract/validation.js';

/** Checks the request against the rules written in the contract. Throws INVALID_REQUEST naming every field at fault. */
export const validate = (call: Call, request: never): void => checkRules(call.method.input, request);
