import { Failure } from '../errors.js';
import type { HttpRequest } from '../http/message.js';
import { bearer } from '../pipeline/headers.js';
import { isSameSecret } from '../secrets/isSameSecret.js';

/** Lets a request see the inbox's messages, or throws UNAUTHENTICATED. */
export type InboxAccess = (authorization: string | undefined) => void;

/**
 * Messages of the inbox have codes and full addresses, so they need the inbox
 * token as a Bearer from everywhere. What a request says about its host, or how
 * near it is, cannot be relied on: a proxy on this machine is near as well.
 */
export const createInboxAccess =
  (token: string): InboxAccess =>
  (authorization) => {
    const presented = authorization === undefined ? '' : (bearer(authorization) ?? '');
    if (!isSameSecret(presented, token)) throw new Failure('UNAUTHENTICATED');
  };

/** The same for a route, whose response says how the caller authenticates. */
export const checkInboxRequest = (
  access: InboxAccess,
  { headers }: HttpRequest,
  res: { setHeader(name: string, value: string): unknown },
): void => {
  try {
    access(headers.authorization);
  } catch (error) {
    res.setHeader('www-authenticate', 'Bearer realm="inbox"');
    throw error;
  }
};
