/**
 * The default deadline of a call, repeats included, in milliseconds. Every call
 * has a deadline, because one without waits for ever when the network loses the
 * response.
 */
export const DEFAULT_TIMEOUT_MS = 10_000;
