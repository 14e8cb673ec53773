import type { DescMethod, DescMethodServerStreaming, DescMethodUnary, DescService } from '@bufbuild/protobuf';
import type { Handler, StreamHandler } from './call.js';

/** A handler for every unary method of a service: leaving one out does not compile. */
export type Handlers<S extends DescService> = {
  readonly [M in keyof S['method'] as S['method'][M] extends DescMethodUnary ? M : never]: Handler<
    S['method'][M] & DescMethod
  >;
};

/** A method and its use case. Made by the functions below only, so that the two fit each other. */
export interface Registration<H = Handler | StreamHandler> {
  readonly method: DescMethod;
  readonly handler: H;
}

/** One request, one response. */
export const isUnary = (method: DescMethod): method is DescMethodUnary => method.methodKind === 'unary';

/** One request, a stream of responses. */
export const isServerStreaming = (method: DescMethod): method is DescMethodServerStreaming =>
  method.methodKind === 'server_streaming';

/** Ties a method to its use case. The types of the request and of the response meet here and nowhere else. */
export const register = <M extends DescMethodUnary>(
  method: M,
  handler: Handler<M>,
): Registration<Handler> => ({ method, handler: handler as unknown as Handler });

/** The same for a method that responds with a stream. */
export const registerStream = <M extends DescMethodServerStreaming>(
  method: M,
  handler: StreamHandler<M>,
): Registration<StreamHandler> => ({ method, handler: handler as unknown as StreamHandler });

/** Ties every unary method of a service to its handler. */
export const registerService = <S extends DescService>(
  service: S,
  handlers: Handlers<S>,
): Registration<Handler>[] => {
  const methods: readonly DescMethod[] = service.methods;
  const byName = handlers as unknown as Readonly<Record<string, Handler<DescMethodUnary>>>;
  return methods.flatMap((method) => (isUnary(method) ? [register(method, byName[method.localName]!)] : []));
};

/** Finds the use case of a method. */
export interface HandlerTable {
  find<M extends DescMethod>(method: M): Handler<M> | undefined;
  findStream<M extends DescMethod>(method: M): StreamHandler<M> | undefined;
}

export function createHandlerTable(
  unary: readonly Registration<Handler>[],
  streams: readonly Registration<StreamHandler>[] = [],
): HandlerTable {
  const handlers = new Map(unary.map(({ method, handler }) => [method, handler]));
  const streamHandlers = new Map(streams.map(({ method, handler }) => [method, handler]));
  return {
    find: <M extends DescMethod>(method: M) => handlers.get(method) as Handler<M> | undefined,
    findStream: <M extends DescMethod>(method: M) =>
      streamHandlers.get(method) as StreamHandler<M> | undefined,
  };
}
