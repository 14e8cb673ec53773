import type { DescMethod, DescService } from '@bufbuild/protobuf';
import {
  type ConnectRouter,
  createContextKey,
  type HandlerContext,
  type MethodImpl,
  type ServiceImpl,
} from '@connectrpc/connect';
import { Failure } from '../errors.js';
import { headersOf } from '../pipeline/headers.js';
import { isAbandoned, type Pipeline } from '../pipeline/index.js';
import { toConnectError } from './connectError.js';
import { envelopeOf } from './envelope.js';

/** What the listener knows of a request and Connect does not pass on. */
export interface Arrival {
  readonly peer: string;
  /** Set once a handler has the call: from then on, errors are its own. */
  reached: boolean;
}

export const arrivalKey = createContextKey<Arrival>({ peer: '', reached: false });

/** Binds every method of the services to the pipeline, generically. */
export function bindServices(
  router: ConnectRouter,
  services: readonly DescService[],
  pipeline: Pipeline,
): void {
  for (const service of services) {
    const methods = service.methods.map((method) => [method.localName, unary(method, pipeline)]);
    router.service(service, Object.fromEntries(methods) as Partial<ServiceImpl<DescService>>);
  }
}

function unary(method: DescMethod, pipeline: Pipeline): MethodImpl<DescMethod> {
  const handle = async (request: never, context: HandlerContext) => {
    // A session changes from one moment to the next, and is nobody else's.
    if (context.requestMethod === 'GET') context.responseHeader.set('cache-control', 'no-store');
    try {
      const { requestHeader, values, signal, protocolName } = context;
      const envelope = envelopeOf((name) => requestHeader.get(name), {
        door: protocolName,
        peer: values.get(arrivalKey).peer,
        signal,
      });
      return await pipeline.call(method, request, envelope, (call) => {
        for (const [name, value] of Object.entries(headersOf(call))) context.responseHeader.set(name, value);
      });
    } catch (thrown) {
      // The deadline passed or the caller left: Connect knows which, and says so.
      if (isAbandoned(context.signal, thrown)) throw context.signal.reason;
      throw thrown instanceof Failure ? toConnectError(thrown) : thrown;
    }
  };
  return handle as unknown as MethodImpl<DescMethod>;
}
