import type { Call } from '../call.js';
import type { Principal } from '../domain/principal.js';
import { Failure } from '../errors.js';
import type { ApiKeys } from '../keys/apiKeys.js';

/** Reads the two kinds of token that are not API keys. Undefined for anything not genuine. */
export interface TokenReader {
  read(token: string): Promise<Principal | undefined>;
}

/** Finds out who is calling, by API key or token. Throws UNAUTHENTICATED, the same whatever is wrong. */
export function createAuthenticate(keys: ApiKeys, tokens: TokenReader) {
  return async (call: Call): Promise<void> => {
    const { credential } = call;
    if (!credential) throw new Failure('UNAUTHENTICATED');
    // A JWT begins with the base64url of `{"`; no API key of ours does.
    const principal = credential.startsWith('eyJ')
      ? await tokens.read(credential)
      : await keys.authenticate(credential);
    if (!principal) throw new Failure('UNAUTHENTICATED');
    call.principal = principal;
  };
}
