import { type ChannelOptions, Client, credentials } from '@grpc/grpc-js';
import { OtpService } from '../../gen/otp/v1/otp_service_pb.js';
import { RequirementService } from '../../gen/otp/v1/requirement_service_pb.js';
import { VerificationPageService } from '../../gen/otp/v1/verification_page_service_pb.js';
import { VerificationTokenService } from '../../gen/otp/v1/verification_token_service_pb.js';
import type { Credential } from '../calling/credential.js';
import { DEFAULT_TIMEOUT_MS } from '../calling/deadline.js';
import { type PromiseClient, promiseClient } from './call.js';
import { secureChannel } from './tls.js';

export type { CallOptions, PromiseClient } from './call.js';
export { type GrpcJsMethod, toMethodDefinition, toServiceDefinition } from './serviceDefinition.js';

/** How to reach the service. */
export interface OtpClientOptions {
  /** `http://` or `https://`, host and port. */
  readonly baseUrl: string;
  /** An API key or OAuth access token. */
  readonly apiKey: Credential;
  /** Deadline of calls that set none of their own, milliseconds. Default 10 s. */
  readonly timeoutMs?: number;
  /** Certificate of a private authority, PEM, for `https://`. */
  readonly ca?: string | Buffer;
  /** Further options of the grpc-js channel. */
  readonly channel?: ChannelOptions;
}

/** Typed clients over one channel. */
export interface OtpClient {
  readonly otp: PromiseClient<typeof OtpService>;
  /** Pages of the service on which people enter codes. */
  readonly pages: PromiseClient<typeof VerificationPageService>;
  readonly tokens: PromiseClient<typeof VerificationTokenService>;
  readonly requirements: PromiseClient<typeof RequirementService>;
  /** Closes the channel; calls in progress finish. A client that is left open does not keep the process alive. */
  close(): void;
}

/**
 * Clients over grpc-js, for programs that have it already (its tracing,
 * interceptors, name resolution). Every method takes a request and
 * `{timeoutMs, signal, headers}`, and rejects with grpc-js's ServiceError: read
 * it with `readError` of @countersign/client/errors.
 */
export function createOtpClient(options: OtpClientOptions): OtpClient {
  const { baseUrl, apiKey, timeoutMs = DEFAULT_TIMEOUT_MS, ca, channel } = options;
  const { protocol, hostname, port } = new URL(baseUrl);
  const isTls = protocol === 'https:';
  const secure = isTls ? secureChannel(hostname, ca, channel) : undefined;
  const client = new Client(
    `${hostname}:${port || (isTls ? 443 : 80)}`,
    secure?.credentials ?? credentials.createInsecure(),
    secure?.options ?? channel,
  );
  const calling = { client, credential: apiKey, timeoutMs };
  return {
    otp: promiseClient(OtpService, calling),
    pages: promiseClient(VerificationPageService, calling),
    tokens: promiseClient(VerificationTokenService, calling),
    requirements: promiseClient(RequirementService, calling),
    close: () => client.close(),
  };
}
