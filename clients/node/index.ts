import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import { type Client, createClient, type Transport } from '@connectrpc/connect';
import { createConnectTransport, createGrpcTransport, Http2SessionManager } from '@connectrpc/connect-node';
import { OtpService } from '../../gen/otp/v1/otp_service_pb.js';
import { RequirementService } from '../../gen/otp/v1/requirement_service_pb.js';
import { VerificationPageService } from '../../gen/otp/v1/verification_page_service_pb.js';
import { VerificationTokenService } from '../../gen/otp/v1/verification_token_service_pb.js';
import { bearing, type Credential } from '../calling/credential.js';
import { DEFAULT_TIMEOUT_MS } from '../calling/deadline.js';
import { repeating } from '../calling/repeat.js';

export { type WatchOptions, watchSession } from '../calling/watch.js';

/** How to reach the service. */
export interface OtpClientOptions {
  /** `http://` or `https://`, host and port. */
  readonly baseUrl: string;
  /** An API key or OAuth access token. */
  readonly apiKey: Credential;
  /**
   * The protocol: gRPC or Connect over HTTP/2, or Connect over HTTP/1.1 for
   * networks that allow nothing else. Default `grpc`.
   */
  readonly protocol?: 'grpc' | 'connect' | 'connect-http1';
  /** Deadline of calls that set none of their own, milliseconds. Default 10 s. */
  readonly timeoutMs?: number;
  /** Certificate of a private authority, PEM, for `https://`. */
  readonly ca?: string | Buffer;
}

/** Typed clients over one connection. */
export interface OtpClient {
  readonly otp: Client<typeof OtpService>;
  /** Pages of the service on which people enter codes. */
  readonly pages: Client<typeof VerificationPageService>;
  readonly tokens: Client<typeof VerificationTokenService>;
  readonly requirements: Client<typeof RequirementService>;
  /** Closes the connection; calls in progress fail. A client that is left open does not keep the process alive. */
  close(): void;
}

/**
 * Clients for Node, over Connect's own implementation. Every method takes a
 * request and `{timeoutMs, signal, headers}`, and rejects with ConnectError:
 * read it with `readError` of @countersign/client/errors.
 */
export function createOtpClient(options: OtpClientOptions): OtpClient {
  const { transport, close } = connect(options);
  return {
    otp: createClient(OtpService, transport),
    pages: createClient(VerificationPageService, transport),
    tokens: createClient(VerificationTokenService, transport),
    requirements: createClient(RequirementService, transport),
    close,
  };
}

function connect(options: OtpClientOptions): { transport: Transport; close(): void } {
  const { baseUrl, apiKey, protocol = 'grpc', timeoutMs = DEFAULT_TIMEOUT_MS, ca } = options;
  const common = { baseUrl, defaultTimeoutMs: timeoutMs, interceptors: [repeating, bearing(apiKey)] };
  if (protocol === 'connect-http1') {
    const { protocol: scheme } = new URL(baseUrl);
    const agent =
      scheme === 'https:' ? new HttpsAgent({ keepAlive: true, ca }) : new HttpAgent({ keepAlive: true });
    const transport = createConnectTransport({ ...common, httpVersion: '1.1', nodeOptions: { agent } });
    return { transport, close: () => agent.destroy() };
  }
  const sessionManager = new Http2SessionManager(baseUrl, {}, ca === undefined ? {} : { ca });
  const transport =
    protocol === 'grpc'
      ? createGrpcTransport({ ...common, sessionManager })
      : createConnectTransport({ ...common, httpVersion: '2', sessionManager });
  return { transport, close: () => sessionManager.abort() };
}
