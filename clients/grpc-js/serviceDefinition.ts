import {
  create,
  type DescMessage,
  type DescMethod,
  type DescService,
  fromBinary,
  type MessageInitShape,
  type MessageShape,
  toBinary,
} from '@bufbuild/protobuf';
import type { MethodDefinition, ServiceDefinition } from '@grpc/grpc-js';

/** A method in the form of grpc-js. Requests may be plain objects. */
export type GrpcJsMethod<
  I extends DescMessage = DescMessage,
  O extends DescMessage = DescMessage,
> = MethodDefinition<MessageInitShape<I>, MessageShape<O>>;

/**
 * A generated service in the form that grpc-js uses, by `localName` of its
 * methods: for `makeGenericClientConstructor`, for servers (test doubles) and for
 * other uses of grpc-js.
 */
export const toServiceDefinition = (service: DescService): ServiceDefinition =>
  Object.fromEntries(service.methods.map((method) => [method.localName, toMethodDefinition(method)]));

/** One method in the form that grpc-js uses. */
export function toMethodDefinition<I extends DescMessage, O extends DescMessage>(
  method: DescMethod & { readonly input: I; readonly output: O },
): GrpcJsMethod<I, O> {
  const { input, output, methodKind, parent, name, localName } = method;
  return {
    path: `/${parent.typeName}/${name}`,
    originalName: localName,
    requestStream: methodKind === 'client_streaming' || methodKind === 'bidi_streaming',
    responseStream: methodKind === 'server_streaming' || methodKind === 'bidi_streaming',
    requestSerialize: (request) => Buffer.from(toBinary(input, create(input, request))),
    requestDeserialize: (bytes) => fromBinary(input, bytes) as MessageInitShape<I>,
    responseSerialize: (response) => Buffer.from(toBinary(output, response)),
    responseDeserialize: (bytes) => fromBinary(output, bytes),
  };
}
