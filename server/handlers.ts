import type { DescMethod, DescService } from '@bufbuild/protobuf';
import type { Handler } from './call.js';

/** A handler for every method of a service: leaving one out does not compile. */
export type Handlers<S extends DescService> = {
  readonly [M in keyof S['method']]: Handler<S['method'][M] & DescMethod>;
};

/** The handlers of one service by method, as the pipeline looks them up. */
export const byMethod = <S extends DescService>(service: S, handlers: Handlers<S>): [DescMethod, Handler][] =>
  service.methods.map((method) => [
    method,
    handlers[method.localName as keyof S['method']] as unknown as Handler,
  ]);
