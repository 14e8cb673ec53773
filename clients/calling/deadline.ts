/**
 * How long a call may take, repeats included, where the caller does not say:
 * milliseconds. Every call has a deadline, because one without waits for ever
 * when the network swallows the answer.
 */
export const DEFAULT_TIMEOUT_MS = 10_000;
