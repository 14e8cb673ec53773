import type { Interceptor } from '@connectrpc/connect';

/** An API key, access token or session token; or a function that returns it, called before each call, for tokens that change. */
export type Credential = string | (() => string | Promise<string>);

/** The Authorization header that carries a credential (RFC 6750). */
export const authorization = async (credential: Credential): Promise<string> =>
  `Bearer ${typeof credential === 'function' ? await credential() : credential}`;

/** Puts the credential on every call. */
export const bearing =
  (credential: Credential): Interceptor =>
  (next) =>
  async (req) => {
    req.header.set('authorization', await authorization(credential));
    return next(req);
  };
