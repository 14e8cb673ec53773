import { hash, timingSafeEqual } from 'node:crypto';

/** Whether a presented secret or signature is the expected one. Takes the same time wherever they differ. */
export const isSameSecret = (presented: string, expected: string): boolean =>
  timingSafeEqual(digest(presented), digest(expected));

/** Of one length for every input, so that the time a comparison takes reveals nothing. */
const digest = (text: string): Buffer => hash('sha256', text, 'buffer');
