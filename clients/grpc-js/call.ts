import {
  create,
  type DescMessage,
  type DescMethodUnary,
  type DescService,
  type MessageInitShape,
  type MessageShape,
} from '@bufbuild/protobuf';
import { type Client, Metadata } from '@grpc/grpc-js';
import { authorization, type Credential } from '../calling/credential.js';
import { isRepeatable, repeat } from '../calling/repeat.js';
import { takesRequestId, withRequestId } from '../calling/requestId.js';
import { toMethodDefinition } from './serviceDefinition.js';

/** Options of one call. */
export interface CallOptions {
  /** Deadline, milliseconds from now, repeats included. */
  readonly timeoutMs?: number;
  /** Cancels the call. */
  readonly signal?: AbortSignal;
  /** Further metadata. */
  readonly headers?: Readonly<Record<string, string>>;
}

/** The unary methods of a service as functions that return promises. */
export type PromiseClient<S extends DescService> = {
  readonly [M in keyof S['method'] as S['method'][M] extends DescMethodUnary
    ? M
    : never]: S['method'][M] extends DescMethodUnary<infer I, infer O>
    ? (request: MessageInitShape<I>, options?: CallOptions) => Promise<MessageShape<O>>
    : never;
};

/** What every call of a client uses. */
export interface Calling {
  readonly client: Client;
  readonly credential: Credential;
  readonly timeoutMs: number;
}

/** Typed functions for the unary methods of a service. */
export function promiseClient<S extends DescService>(service: S, calling: Calling): PromiseClient<S> {
  const functions = service.methods
    .filter((method): method is DescMethodUnary => method.methodKind === 'unary')
    .map((method) => [method.localName, unary(method, calling)]);
  return Object.fromEntries(functions) as PromiseClient<S>;
}

function unary(method: DescMethodUnary, { client, credential, timeoutMs }: Calling) {
  return async (init: MessageInitShape<DescMessage>, options: CallOptions = {}) => {
    const message = create(method.input, init);
    const request = takesRequestId(method) ? withRequestId(method.input, message) : message;
    const deadline = Date.now() + (options.timeoutMs ?? timeoutMs);
    const metadata = new Metadata();
    for (const [name, value] of Object.entries(options.headers ?? {})) metadata.set(name, value);
    metadata.set('authorization', await authorization(credential));
    const { signal } = options;
    const call = () => once(client, method, request, metadata, deadline, signal);
    return isRepeatable(method) ? repeat(call, { signal, deadline }) : call();
  };
}

function once(
  client: Client,
  method: DescMethodUnary,
  request: MessageShape<DescMessage>,
  metadata: Metadata,
  deadline: number,
  signal: AbortSignal | undefined,
): Promise<MessageShape<DescMessage>> {
  const { path, requestSerialize, responseDeserialize } = toMethodDefinition(method);
  return new Promise((resolve, reject) => {
    const call = client.makeUnaryRequest(
      path,
      requestSerialize,
      responseDeserialize,
      request,
      metadata,
      { deadline },
      (error, response) => {
        signal?.removeEventListener('abort', cancel);
        if (error) reject(error);
        else resolve(response as MessageShape<DescMessage>);
      },
    );
    const cancel = () => call.cancel();
    if (signal?.aborted) cancel();
    else signal?.addEventListener('abort', cancel);
  });
}
