import { Failure } from '../../errors.js';
import type { HttpRequest } from '../../http/message.js';

/** Who asks for a token, not yet believed. */
export interface ClientCredentials {
  readonly id: string;
  readonly secret: string;
}

interface Body {
  readonly client_id?: string | undefined;
  readonly client_secret?: string | undefined;
}

/**
 * Client credentials by HTTP Basic or in the body, not both (RFC 6749 section
 * 2.3). Throws UNAUTHENTICATED without them, INVALID_REQUEST for both.
 */
export function readClient(req: HttpRequest, { client_id, client_secret }: Body): ClientCredentials {
  const basic = readBasic(req.headers.authorization ?? '');
  if (basic && client_secret) {
    throw new Failure('INVALID_REQUEST', {
      message: 'Give the client credentials once: by HTTP Basic or in the body.',
    });
  }
  if (basic) return basic;
  if (!client_id || !client_secret) throw new Failure('UNAUTHENTICATED');
  return { id: client_id, secret: client_secret };
}

function readBasic(authorization: string): ClientCredentials | undefined {
  const encoded = /^basic ([A-Za-z0-9+/]+=*)$/i.exec(authorization.trim())?.[1];
  if (!encoded) return undefined;
  const [id, secret] = Buffer.from(encoded, 'base64').toString('utf8').split(/:(.*)/s);
  if (!id || !secret) return undefined;
  try {
    // The two are form-encoded before they are joined.
    return { id: decodeURIComponent(id), secret: decodeURIComponent(secret) };
  } catch {
    return { id, secret };
  }
}
