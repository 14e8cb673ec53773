import type {
  ResendRequestJson,
  ResendResponseJson,
  SessionJson,
  VerifyRequestJson,
  VerifyResponseJson,
} from './types.js';

export type {
  ChannelStateJson,
  ResendRequestJson,
  ResendResponseJson,
  SessionJson,
  VerifyRequestJson,
  VerifyResponseJson,
} from './types.js';

/** How a page reaches the service. */
export interface FetchClientOptions {
  /** `https://` and host. */
  readonly baseUrl: string;
  /** The session token from the response of Send. Never an API key: visitors can read everything in a page. */
  readonly sessionToken: string;
  /** Deadline of each call, milliseconds. Default 10 s. */
  readonly timeoutMs?: number;
}

/** The calls of a session's own token, in JSON over `fetch`. They reject with CallError. */
export interface FetchClient {
  verify(request: VerifyRequestJson): Promise<VerifyResponseJson>;
  resend(request?: ResendRequestJson): Promise<ResendResponseJson>;
  getSession(): Promise<{ readonly session?: SessionJson }>;
}

/** Why a call failed. */
export class CallError extends Error {
  /** The canonical code, such as `invalid_argument`; `unavailable` where the service was not reached. */
  readonly code: string;
  /** The reason of the error table, such as `INVALID_CODE`. */
  readonly reason: string | undefined;
  readonly attemptsRemaining: number | undefined;
  readonly channel: string | undefined;
  /** Seconds after which to try again, where waiting helps. */
  readonly retryAfter: number | undefined;

  constructor({ code = 'unknown', message = '', details = [] }: ErrorJson, retryAfter?: number) {
    super(message || code);
    this.name = 'CallError';
    this.code = code;
    const { reason, metadata } = details.find(({ type }) => type === 'google.rpc.ErrorInfo')?.debug ?? {};
    this.reason = reason;
    const attempts = metadata?.attempts_remaining;
    this.attemptsRemaining = attempts === undefined ? undefined : Number(attempts);
    this.channel = metadata?.channel;
    this.retryAfter = retryAfter;
  }
}

interface ErrorJson {
  readonly code?: string;
  readonly message?: string;
  readonly details?: readonly {
    readonly type?: string;
    readonly debug?: { readonly reason?: string; readonly metadata?: Readonly<Record<string, string>> };
  }[];
}

/**
 * A client for pages that must stay small: no generated code, types written by
 * hand that a test compares with the contract. For the stream of a session's
 * events, binary messages and repeated calls use `createSessionClient`.
 */
export function createFetchClient({
  baseUrl,
  sessionToken,
  timeoutMs = 10_000,
}: FetchClientOptions): FetchClient {
  async function call<T>(method: string, request: object): Promise<T> {
    const response = await fetch(`${baseUrl.replace(/\/$/, '')}/otp.v1.OtpService/${method}`, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        'connect-protocol-version': '1',
        authorization: `Bearer ${sessionToken}`,
      },
      body: JSON.stringify(request),
      signal: AbortSignal.timeout(timeoutMs),
    }).catch((cause: unknown) => {
      const isLate = (cause as Error | undefined)?.name === 'TimeoutError';
      throw new CallError(
        isLate
          ? { code: 'deadline_exceeded', message: 'the service did not respond in time' }
          : { code: 'unavailable', message: 'the service cannot be reached' },
      );
    });
    const body = await response.json().catch(() => ({}));
    if (response.ok) return body as T;
    const wait = Number(response.headers.get('retry-after') ?? Number.NaN);
    throw new CallError(body as ErrorJson, Number.isNaN(wait) ? undefined : wait);
  }

  return {
    verify: (request) => call('Verify', request),
    resend: (request = {}) => call('Resend', request),
    getSession: () => call('GetSession', {}),
  };
}
