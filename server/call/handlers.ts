import type { DescMethod, DescMethodUnary, DescService } from '@bufbuild/protobuf';
import type { Handler } from './call.js';

/** A handler for every unary method of a service: leaving one out does not compile. Streams are few, and wired one by one. */
export type Handlers<S extends DescService> = {
  readonly [M in keyof S['method'] as S['method'][M] extends DescMethodUnary ? M : never]: Handler<
    S['method'][M] & DescMethod
  >;
};

/** The handlers of one service by method, as the pipeline looks them up. */
export const byMethod = <S extends DescService>(service: S, handlers: Handlers<S>): [DescMethod, Handler][] =>
  service.methods
    .filter(({ methodKind }) => methodKind === 'unary')
    .map((method) => [
      method,
      (handlers as unknown as Readonly<Record<string, Handler>>)[method.localName] as Handler,
    ]);
