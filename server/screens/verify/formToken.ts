import { createHmac, timingSafeEqual } from 'node:crypto';
import type { HttpRequest } from '../../http/message.js';

/**
 * What the forms of a page carry besides the cookie, so that a form on another
 * site cannot be sent in the person's name: derived from the cookie, which no page can read.
 */
export const formTokenOf = (cookie: string): string =>
  createHmac('sha256', cookie).update('form').digest('base64url');

export function isFormToken(cookie: string, given: string): boolean {
  const expected = Buffer.from(formTokenOf(cookie));
  const compared = Buffer.from(given);
  return compared.length === expected.length && timingSafeEqual(compared, expected);
}

/** How the cookie of a page is named and limited. */
export interface CookieJar {
  read(req: HttpRequest): string | undefined;
  /** The Set-Cookie header for the page at `path`. */
  write(cookie: string, path: string): string;
}

/** Browsers take `__Secure-` over https only; a service of this machine has a cookie without. */
export function cookieJar(isSecure: boolean): CookieJar {
  const name = isSecure ? '__Secure-cs-v' : 'cs-v';
  const secure = isSecure ? '; Secure' : '';
  return {
    read(req) {
      const pairs = (req.headers.cookie ?? '').split(';').map((pair) => pair.trim());
      return pairs.find((pair) => pair.startsWith(`${name}=`))?.slice(name.length + 1);
    },
    write: (cookie, path) => `${name}=${cookie}; Path=${path}; HttpOnly; SameSite=Lax${secure}`,
  };
}
