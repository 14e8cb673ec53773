import type { DescMethodUnary, DescService, MessageInitShape, MessageShape } from '@bufbuild/protobuf';
import { type Client, createClient, type Transport } from '@connectrpc/connect';
import { createConnectTransport, createGrpcWebTransport } from '@connectrpc/connect-web';
import { bearing } from '../../../clients/calling/credential.js';
import { createOtpClient as createGrpcJsClient } from '../../../clients/grpc-js/index.js';
import { createOtpClient as createNodeClient } from '../../../clients/node/index.js';
import { OtpService } from '../../../gen/otp/v1/otp_service_pb.js';
import { VerificationTokenService } from '../../../gen/otp/v1/verification_token_service_pb.js';

/** What all five have in common: a request in, a response out. */
export type Calls<S extends DescService> = {
  readonly [M in keyof S['method'] as S['method'][M] extends DescMethodUnary
    ? M
    : never]: S['method'][M] extends DescMethodUnary<infer I, infer O>
    ? (
        request: MessageInitShape<I>,
        options?: { timeoutMs?: number; signal?: AbortSignal },
      ) => Promise<MessageShape<O>>
    : never;
};

/** One of the five, connected. */
export interface Connected {
  readonly otp: Calls<typeof OtpService>;
  readonly tokens: Calls<typeof VerificationTokenService>;
  close(): void;
}

/** How each of the five connects. */
export const FIVE_CLIENTS: readonly {
  readonly name: string;
  connect(baseUrl: string, apiKey: string): Connected;
}[] = [
  { name: 'grpc-js', connect: (baseUrl, apiKey) => createGrpcJsClient({ baseUrl, apiKey }) },
  { name: 'Connect for Node, gRPC', connect: (baseUrl, apiKey) => createNodeClient({ baseUrl, apiKey }) },
  {
    name: 'Connect for Node, Connect over HTTP/1.1',
    connect: (baseUrl, apiKey) => createNodeClient({ baseUrl, apiKey, protocol: 'connect-http1' }),
  },
  {
    name: 'Connect-Web, Connect',
    connect: (baseUrl, apiKey) =>
      over(createConnectTransport({ baseUrl, defaultTimeoutMs: 10_000, interceptors: [bearing(apiKey)] })),
  },
  {
    name: 'Connect-Web, gRPC-Web',
    connect: (baseUrl, apiKey) =>
      over(createGrpcWebTransport({ baseUrl, defaultTimeoutMs: 10_000, interceptors: [bearing(apiKey)] })),
  },
];

function over(transport: Transport): Connected {
  const otp: Client<typeof OtpService> = createClient(OtpService, transport);
  return { otp, tokens: createClient(VerificationTokenService, transport), close() {} };
}
