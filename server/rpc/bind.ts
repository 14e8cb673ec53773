import type { DescMethod, DescService } from '@bufbuild/protobuf';
import {
  type ConnectRouter,
  createContextKey,
  type HandlerContext,
  type MethodImpl,
  type ServiceImpl,
} from '@connectrpc/connect';
import type { Call, Envelope } from '../call.js';
import { Failure } from '../errors.js';
import type { Pipeline } from '../pipeline/index.js';
import { toConnectError } from './connectError.js';

/** What the listener knows of a request and Connect does not pass on. */
export interface Arrival {
  readonly peer: string;
  /** Set once the pipeline has the call: from then on, errors are its own. */
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
    try {
      return await pipeline.call(method, request, envelopeOf(context), (call) => {
        for (const [name, value] of Object.entries(headersOf(call))) context.responseHeader.set(name, value);
      });
    } catch (thrown) {
      // The deadline passed or the caller left: Connect knows which, and says so.
      if (context.signal.aborted && thrown instanceof Failure && thrown.reason === 'INTERNAL')
        throw context.signal.reason;
      throw thrown instanceof Failure ? toConnectError(thrown) : thrown;
    }
  };
  return handle as unknown as MethodImpl<DescMethod>;
}

const REQUEST_ID = /^[\w.:-]{1,64}$/;

function envelopeOf({ requestHeader, values, signal, protocolName }: HandlerContext): Envelope {
  const arrival = values.get(arrivalKey);
  arrival.reached = true;
  const authorization = requestHeader.get('authorization');
  const requestId = requestHeader.get('x-request-id') ?? '';
  return {
    door: protocolName,
    credential: authorization ? bearer(authorization) : (requestHeader.get('x-api-key') ?? undefined),
    origin: requestHeader.get('origin') ?? undefined,
    peer: arrival.peer,
    requestId: REQUEST_ID.test(requestId) ? requestId : undefined,
    signal,
  };
}

/** The credential of an Authorization header (RFC 6750); undefined for any other scheme. */
export function bearer(authorization: string): string | undefined {
  const [scheme, credential, ...more] = authorization.trim().split(/\s+/);
  return scheme?.toLowerCase() === 'bearer' && more.length === 0 ? credential : undefined;
}

/** The headers every answer carries, whichever door it leaves by. */
export function headersOf(call: Call): Record<string, string> {
  const { rateLimit } = call;
  return {
    'x-request-id': call.requestId,
    ...(rateLimit && {
      'x-ratelimit-limit': String(rateLimit.limit),
      'x-ratelimit-remaining': String(rateLimit.remaining),
      'x-ratelimit-reset': String(Math.ceil(rateLimit.resetMs / 1000)),
    }),
  };
}
