import type {
  DescMethodServerStreaming,
  DescMethodUnary,
  DescService,
  MessageInitShape,
  MessageShape,
} from '@bufbuild/protobuf';
import { type ConnectRouter, createContextKey, type HandlerContext } from '@connectrpc/connect';
import type { ArrivingCall, Envelope } from '../call/call.js';
import { isServerStreaming, isUnary } from '../call/handlers.js';
import { Failure } from '../errors.js';
import type { Transport } from '../observe/metrics/table.js';
import { isAbandoned } from '../pipeline/callLifecycle.js';
import { type CredentialHeaders, readEnvelope } from '../pipeline/envelope.js';
import { headersOf } from '../pipeline/headers.js';
import type { Pipeline } from '../pipeline/index.js';
import { toConnectError } from './connectError.js';
import { readMaxOf } from './sizes.js';

/** What the listener knows about a request and Connect does not pass on. */
export interface Arrival {
  readonly peer: string;
  readonly origin: string | undefined;
  readonly requestId: string;
  /** Set once a handler has the call: from then on, errors are its own. */
  reached: boolean;
}

export const arrivalKey = createContextKey<Arrival>({
  peer: '',
  origin: undefined,
  requestId: '',
  reached: false,
});

/** Where a credential may be, on every protocol of the contract. */
export const CREDENTIAL_HEADERS: CredentialHeaders = ['authorization', 'x-api-key'];

/**
 * Binds every method of the services to the pipeline. Throws for a method that
 * streams requests, which the pipeline does not support.
 */
export function bindServices(
  router: ConnectRouter,
  services: readonly DescService[],
  pipeline: Pipeline,
): void {
  for (const method of services.flatMap(({ methods }) => methods)) {
    const readMaxBytes = readMaxOf(method);
    if (isUnary(method)) router.rpc(method, unary(method, pipeline), { readMaxBytes });
    else if (isServerStreaming(method)) router.rpc(method, streaming(method, pipeline));
    else throw new Error(`${method.parent.typeName}.${method.name} streams requests`);
  }
}

function unary<M extends DescMethodUnary>(method: M, pipeline: Pipeline) {
  return async (
    request: MessageShape<M['input']>,
    context: HandlerContext,
  ): Promise<MessageInitShape<M['output']>> => {
    // Responses are private and change at any time.
    if (context.requestMethod === 'GET') context.responseHeader.set('cache-control', 'no-store');
    try {
      return await pipeline.call(method, request, envelope(context), setHeaders(context));
    } catch (thrown) {
      throw toThrow(context, thrown);
    }
  };
}

function streaming<M extends DescMethodServerStreaming>(method: M, pipeline: Pipeline) {
  return async function* (
    request: MessageShape<M['input']>,
    context: HandlerContext,
  ): AsyncGenerator<MessageInitShape<M['output']>> {
    context.responseHeader.set('cache-control', 'no-store');
    // For nginx: a proxy that buffers the response would hold back every event.
    context.responseHeader.set('x-accel-buffering', 'no');
    try {
      yield* pipeline.stream(method, request, envelope(context), setHeaders(context));
      // The stream ended because the caller's deadline passed: that is an error.
      if (context.signal.aborted) throw context.signal.reason;
    } catch (thrown) {
      throw toThrow(context, thrown);
    }
  };
}

const TRANSPORTS: Readonly<Record<string, Transport>> = {
  connect: 'connect',
  grpc: 'grpc',
  'grpc-web': 'grpc-web',
};

const envelope = ({ requestHeader, values, signal, protocolName }: HandlerContext): Envelope =>
  readEnvelope((name) => requestHeader.get(name), {
    transport: TRANSPORTS[protocolName] ?? 'connect',
    credentialIn: CREDENTIAL_HEADERS,
    peer: values.get(arrivalKey).peer,
    origin: values.get(arrivalKey).origin,
    requestId: values.get(arrivalKey).requestId,
    signal,
  });

const setHeaders =
  ({ responseHeader }: HandlerContext) =>
  (call: ArrivingCall): void => {
    for (const [name, value] of Object.entries(headersOf(call))) responseHeader.set(name, value);
  };

/** The error for Connect. */
function toThrow({ signal }: HandlerContext, thrown: unknown): unknown {
  // The deadline passed or the caller hung up: the reason is Connect's own error for it.
  if (isAbandoned(signal, thrown)) return signal.reason;
  return thrown instanceof Failure ? toConnectError(thrown) : thrown;
}
