import { hash, timingSafeEqual } from 'node:crypto';

/** Whether what somebody presented is the secret, or the signature, that was expected. Takes the same time wherever they differ. */
export const isSameSecret = (presented: string, expected: string): boolean =>
  timingSafeEqual(digest(presented), digest(expected));

/** Of one length whatever was presented, so that comparing tells nothing. */
const digest = (text: string): Buffer => hash('sha256', text, 'buffer');
