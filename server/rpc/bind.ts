import type { DescMethod, DescService, MessageInitShape } from '@bufbuild/protobuf';
import {
  type ConnectRouter,
  createContextKey,
  type HandlerContext,
  type MethodImpl,
  type ServiceImpl,
} from '@connectrpc/connect';
import type { Call, Envelope } from '../call/call.js';
import { Failure } from '../errors.js';
import { isAbandoned } from '../pipeline/callLifecycle.js';
import { headersOf } from '../pipeline/headers.js';
import type { Pipeline } from '../pipeline/index.js';
import { toConnectError } from './connectError.js';
import { envelopeOf } from './envelope.js';

/** What the listener knows of a request and Connect does not pass on. */
export interface Arrival {
  readonly peer: string;
  readonly requestId: string;
  /** Set once a handler has the call: from then on, errors are its own. */
  reached: boolean;
}

export const arrivalKey = createContextKey<Arrival>({ peer: '', requestId: '', reached: false });

/** Binds every method of the services to the pipeline, generically. */
export function bindServices(
  router: ConnectRouter,
  services: readonly DescService[],
  pipeline: Pipeline,
): void {
  const bind = (method: DescMethod) =>
    method.methodKind === 'unary' ? unary(method, pipeline) : streaming(method, pipeline);
  for (const service of services) {
    const methods = service.methods.map((method) => [method.localName, bind(method)]);
    router.service(service, Object.fromEntries(methods) as Partial<ServiceImpl<DescService>>);
  }
}

function unary(method: DescMethod, pipeline: Pipeline): MethodImpl<DescMethod> {
  const handle = async (request: never, context: HandlerContext) => {
    // A session changes from one moment to the next, and is nobody else's.
    if (context.requestMethod === 'GET') context.responseHeader.set('cache-control', 'no-store');
    try {
      return await pipeline.call(method, request, envelope(context), answered(context));
    } catch (thrown) {
      throw inConnectsWords(context, thrown);
    }
  };
  return handle as unknown as MethodImpl<DescMethod>;
}

function streaming(method: DescMethod, pipeline: Pipeline): MethodImpl<DescMethod> {
  async function* handle(
    request: never,
    context: HandlerContext,
  ): AsyncGenerator<MessageInitShape<DescMethod['output']>> {
    context.responseHeader.set('cache-control', 'no-store');
    // A proxy that gathers an answer before it passes it on would hold back every event; nginx is told so.
    context.responseHeader.set('x-accel-buffering', 'no');
    try {
      yield* pipeline.stream(method, request, envelope(context), answered(context));
      // The caller's deadline passed: that is no good end.
      if (context.signal.aborted) throw context.signal.reason;
    } catch (thrown) {
      throw inConnectsWords(context, thrown);
    }
  }
  return handle as unknown as MethodImpl<DescMethod>;
}

const envelope = ({ requestHeader, values, signal, protocolName }: HandlerContext): Envelope =>
  envelopeOf((name) => requestHeader.get(name), {
    door: protocolName,
    peer: values.get(arrivalKey).peer,
    requestId: values.get(arrivalKey).requestId,
    signal,
  });

const answered =
  ({ responseHeader }: HandlerContext) =>
  (call: Call): void => {
    for (const [name, value] of Object.entries(headersOf(call))) responseHeader.set(name, value);
  };

function inConnectsWords({ signal }: HandlerContext, thrown: unknown): unknown {
  // The deadline passed or the caller left: Connect knows which, and says so.
  if (isAbandoned(signal, thrown)) return signal.reason;
  return thrown instanceof Failure ? toConnectError(thrown) : thrown;
}
