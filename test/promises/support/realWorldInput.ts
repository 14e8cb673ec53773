/** Behaviour with input that bug reports of this field describe and the documents leave open, by id. */
export const REAL_WORLD_INPUT = {
  K2: 'A code is read as people write it: digits of any script, with spaces, dashes or invisible marks. Nothing left of it is no code, and no attempt.',
  K3: 'A final reply of a mail server is about the mailbox only where its code says so (RFC 3463); a quota, the sender and routing go to the next provider.',
  K4: 'Every error code that a vendor publishes has a meaning of its own; an unlisted one is judged by its HTTP status. The vendor’s code and text are kept, without address and code.',
} as const;
