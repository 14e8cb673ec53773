import type { MessageInitShape } from '@bufbuild/protobuf';
import { createClient, type Transport } from '@connectrpc/connect';
import { createGrpcTransport, createConnectTransport as createNodeTransport } from '@connectrpc/connect-node';
import { createConnectTransport, createGrpcWebTransport } from '@connectrpc/connect-web';
import { Client, credentials, Metadata } from '@grpc/grpc-js';
import { bearing } from '../../../clients/calling/credential.js';
import { toMethodDefinition } from '../../../clients/grpc-js/index.js';
import {
  EventType,
  OtpService,
  type WatchSessionRequestSchema,
  type WatchSessionResponse,
} from '../../../gen/otp/v1/otp_service_pb.js';
import { eventually } from '../../support/eventually.js';

/** One stream, read as fast as it comes. */
export interface Watch {
  readonly responses: readonly WatchSessionResponse[];
  /** The names of the events so far, such as SESSION_APPROVED. */
  events(): string[];
  /** Waits until there are so many responses, or the stream ends. */
  until(count: number): Promise<readonly WatchSessionResponse[]>;
  /** Resolves when the stream ended well, rejects with what it ended with. */
  readonly ended: Promise<void>;
  leave(): void;
}

type Request = MessageInitShape<typeof WatchSessionRequestSchema>;
type Open = (
  baseUrl: string,
  credential: string,
  request: Request,
  signal: AbortSignal,
) => AsyncIterable<WatchSessionResponse>;

const over =
  (transport: (baseUrl: string, credential: string) => Transport): Open =>
  (baseUrl, credential, request, signal) =>
    createClient(OtpService, transport(baseUrl, credential)).watchSession(request, { signal });

const grpcJs: Open = async function* (baseUrl, credential, request, signal) {
  const client = new Client(new URL(baseUrl).host, credentials.createInsecure());
  const metadata = new Metadata();
  metadata.set('authorization', `Bearer ${credential}`);
  const { path, requestSerialize, responseDeserialize } = toMethodDefinition(OtpService.method.watchSession);
  const stream = client.makeServerStreamRequest(
    path,
    requestSerialize,
    responseDeserialize,
    request,
    metadata,
  );
  const cancel = () => stream.cancel();
  signal.addEventListener('abort', cancel);
  try {
    yield* stream as AsyncIterable<WatchSessionResponse>;
  } finally {
    client.close();
  }
};

/** The ways in which a session can be watched. */
export const WATCHERS: readonly { readonly name: string; readonly open: Open }[] = [
  {
    name: 'Connect-Web, Connect',
    open: over((baseUrl, key) => createConnectTransport({ baseUrl, interceptors: [bearing(key)] })),
  },
  {
    name: 'Connect-Web, gRPC-Web',
    open: over((baseUrl, key) => createGrpcWebTransport({ baseUrl, interceptors: [bearing(key)] })),
  },
  {
    name: 'Connect for Node, gRPC',
    open: over((baseUrl, key) => createGrpcTransport({ baseUrl, interceptors: [bearing(key)] })),
  },
  {
    name: 'Connect for Node, Connect over HTTP/1.1',
    open: over((baseUrl, key) =>
      createNodeTransport({ baseUrl, httpVersion: '1.1', interceptors: [bearing(key)] }),
    ),
  },
  { name: 'grpc-js', open: grpcJs },
];

/** Begins to watch. */
export function watch(open: Open, baseUrl: string, credential: string, request: Request): Watch {
  const leaving = new AbortController();
  const responses: WatchSessionResponse[] = [];
  let over = false;
  const read = async () => {
    for await (const response of open(baseUrl, credential, request, leaving.signal)) responses.push(response);
  };
  const ended = read().finally(() => {
    over = true;
  });
  ended.catch(() => {});
  return {
    responses,
    events: () => responses.flatMap(({ event }) => (event ? [nameOf(event.type)] : [])),
    until: (count) => eventually(() => (responses.length >= count || over) && responses),
    ended,
    leave: () => leaving.abort(),
  };
}

const nameOf = (type: EventType): string =>
  Object.entries(EventType).find(([, value]) => value === type)?.[0] ?? String(type);
