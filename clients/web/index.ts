import { type Client, createClient } from '@connectrpc/connect';
import { createConnectTransport, createGrpcWebTransport } from '@connectrpc/connect-web';
import { OtpService } from '../../gen/otp/v1/otp_service_pb.js';
import { bearing, type Credential } from '../calling/credential.js';
import { DEFAULT_TIMEOUT_MS } from '../calling/deadline.js';
import { reaching } from '../calling/reaching.js';
import { repeating } from '../calling/repeat.js';

export { EventType } from '../../gen/otp/v1/otp_service_pb.js';
export { type WatchOptions, watchSession } from '../calling/watch.js';
export { createOtpInput, type OtpInput, type OtpInputOptions } from './otpInput.js';

/** How a page reaches the service. */
export interface SessionClientOptions {
  /** `https://` and host. */
  readonly baseUrl: string;
  /** The session token from the response of Send. Never an API key: visitors can read everything in a page. */
  readonly sessionToken: Credential;
  /** The protocol; Connect is JSON, readable in the browser's network view. Default `connect`. */
  readonly protocol?: 'connect' | 'grpc-web';
  /** Deadline of calls that set none of their own, milliseconds. Default 10 s. */
  readonly timeoutMs?: number;
}

/**
 * The methods that a session token grants access to, for its own session, so
 * `sessionId` can be left out of every request. To watch it, use
 * `watchSession(client, {})` of this module: it resumes a stream that ends early.
 */
export type SessionClient = Pick<
  Client<typeof OtpService>,
  'verify' | 'resend' | 'getSession' | 'watchSession'
>;

/**
 * A client for the browser page that asks a person for the code. Every method
 * takes a request and `{timeoutMs, signal, headers}`, and rejects with
 * ConnectError: read it with `readError` of @countersign/client/errors.
 */
export function createSessionClient(options: SessionClientOptions): SessionClient {
  const { baseUrl, sessionToken, protocol = 'connect', timeoutMs = DEFAULT_TIMEOUT_MS } = options;
  const createTransport = protocol === 'connect' ? createConnectTransport : createGrpcWebTransport;
  const interceptors = [repeating, reaching, bearing(sessionToken)];
  return createClient(OtpService, createTransport({ baseUrl, defaultTimeoutMs: timeoutMs, interceptors }));
}
