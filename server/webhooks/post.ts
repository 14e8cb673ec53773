import { NoResponse, type Outbound, type OutboundError } from '../outbound/outbound.js';
import { retryAfterMs } from '../outbound/retryAfter.js';
import type { Clock } from '../platform/clock.js';
import { withTimeLimit } from '../platform/timeLimit.js';
import type { Encryption } from '../secrets/encryption.js';
import { signedHeaders } from './endpointSecrets.js';
import { WEBHOOK_LIMITS } from './limits.js';
import type { StoredEndpoint } from './stored.js';

/** The result of one delivery attempt. */
export interface Posted {
  /** When it began. */
  readonly at: Date;
  /** How long it took. */
  readonly ms: number;
  /** The HTTP status of the response, or why there was none. */
  readonly status?: number;
  readonly error?: OutboundError;
  /** How long the endpoint asks to be left alone, milliseconds. */
  readonly retryAfterMs?: number;
}

/** Whether the endpoint accepted the event. */
export const isAccepted = ({ status = 0 }: { readonly status?: number }): boolean =>
  status >= 200 && status < 300;

/** Posts a body to an endpoint once, signed. */
export type Post = (endpoint: StoredEndpoint, id: string, body: string) => Promise<Posted>;

export function createPost(outbound: Outbound, encryption: Encryption, clock: Clock): Post {
  return async (endpoint, id, body) => {
    const now = clock.now();
    const headers = {
      'content-type': 'application/json',
      'user-agent': 'countersign',
      ...signedHeaders(encryption, endpoint, id, body, now),
    };
    const begunAt = performance.now();
    const attempt = () => ({ at: new Date(now), ms: Math.round(performance.now() - begunAt) });
    try {
      const { url } = endpoint;
      const { responseBytes: maxBytes, timeoutSeconds } = WEBHOOK_LIMITS;
      const response = await withTimeLimit(clock, timeoutSeconds * 1_000, (signal) =>
        outbound.post({ url, headers, body, signal, maxBytes, cut: true }),
      );
      const wait = retryAfterMs(response.headers['retry-after'] as string | undefined, clock.now());
      return { ...attempt(), status: response.status, ...(wait !== undefined && { retryAfterMs: wait }) };
    } catch (thrown) {
      if (!(thrown instanceof NoResponse)) throw thrown;
      return { ...attempt(), error: thrown.error };
    }
  };
}
