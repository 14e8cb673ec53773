/** Behaviour with input that bug reports of this field describe and the documents leave open, by id. */
export const REAL_WORLD_INPUT = {
  K2: 'A code is read as people write it: digits of any script, with spaces, dashes or invisible marks. Nothing left of it is no code, and no attempt.',
  K3: 'A final reply of a mail server is about the mailbox only where its code says so (RFC 3463); a quota, the sender and routing go to the next provider.',
  K4: 'Every error code that a vendor publishes has a meaning of its own; an unlisted one is judged by its HTTP status. The vendor’s code and text are kept, without address and code.',
  P1: 'The response to send and resend names the token `token`, as the request of verify does.',
  P2: 'The client of the vendor works unchanged, also where it passes the session id as the session token.',
  P3: 'A sponsor’s rule holds whatever the caller leaves out or spells in another case.',
  P4: 'An operation for which the sponsor allows no OTP is not cleared with one that was sent without naming it.',
  P5: 'A list parameter that does not exist is refused by name.',
  P6: 'Where all recipients are one phone, the code of either channel is enough.',
  P8: '`null` for an optional field means that it was left out.',
  P9: 'A body without a Content-Type is JSON; the refusal of another type names the header to set.',
  P10: 'Verifying without a code gets the documented body with status INVALID, and uses no attempt.',
  P11: 'A sandbox resend returns the new codes and no old ones.',
  P13: 'Verify returns purpose and metadata, a session can be ended, and resend has a message.',
  P14: 'An id that no session can have is unknown, not invalid; a purpose with a space is kept; errors are in plain words.',
  P15: 'Native JSON refuses an unknown field and suggests the nearest one; REST lists what it ignored for test keys.',
} as const;
