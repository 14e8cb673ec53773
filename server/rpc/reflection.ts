import { type DescFile, type FileRegistry, toBinary } from '@bufbuild/protobuf';
import {
  type DescriptorProto,
  type EnumDescriptorProto,
  type FileDescriptorProto,
  FileDescriptorProtoSchema,
} from '@bufbuild/protobuf/wkt';
import { Code, type ConnectRouter } from '@connectrpc/connect';
import { ServerReflection } from '../../gen/grpc/reflection/v1/reflection_pb.js';
import { ServerReflection as ServerReflectionAlpha } from '../../gen/grpc/reflection/v1alpha/reflection_pb.js';

/** One query of the protocol; v1 and v1alpha have the same ones. */
type Query =
  | {
      readonly case: 'listServices' | 'fileByFilename' | 'fileContainingSymbol' | 'allExtensionNumbersOfType';
      readonly value: string;
    }
  | {
      readonly case: 'fileContainingExtension';
      readonly value: { readonly containingType: string; readonly extensionNumber: number };
    }
  | { readonly case: undefined };

interface ReflectionRequest {
  readonly host: string;
  readonly messageRequest: Query;
}

/**
 * gRPC server reflection, https://github.com/grpc/grpc/blob/master/doc/server-reflection.md,
 * v1 and v1alpha: lets buf curl, grpcurl and others call without a schema, and
 * show what errors carry. `contract` has every file that can be asked for.
 */
export function serveReflection(
  router: ConnectRouter,
  contract: FileRegistry,
  services: readonly string[],
): void {
  const lookUp = createLookup(contract, services);
  async function* reflect(requests: AsyncIterable<ReflectionRequest>) {
    for await (const request of requests) {
      yield {
        validHost: request.host,
        originalRequest: request,
        messageResponse: lookUp(request.messageRequest),
      };
    }
  }
  router.service(ServerReflection, { serverReflectionInfo: reflect });
  router.service(ServerReflectionAlpha, { serverReflectionInfo: reflect });
}

function createLookup(contract: FileRegistry, services: readonly string[]) {
  const symbols = fileBySymbol(contract.files);

  return (query: Query) => {
    switch (query.case) {
      case 'listServices':
        return {
          case: 'listServicesResponse',
          value: { service: services.map((name) => ({ name })) },
        } as const;
      case 'fileByFilename':
        return withImports(contract.getFile(query.value));
      case 'fileContainingSymbol':
        return withImports(symbols.get(query.value));
      case 'fileContainingExtension': {
        const { containingType, extensionNumber } = query.value;
        const extendee = contract.getMessage(containingType);
        return withImports(extendee && contract.getExtensionFor(extendee, extensionNumber)?.file);
      }
      case 'allExtensionNumbersOfType': {
        if (!contract.getMessage(query.value)) return notFound;
        const extensionNumber = [...contract].flatMap((type) =>
          type.kind === 'extension' && type.extendee.typeName === query.value ? [type.number] : [],
        );
        return {
          case: 'allExtensionNumbersResponse',
          value: { baseTypeName: query.value, extensionNumber },
        } as const;
      }
      default:
        return {
          case: 'errorResponse',
          value: { errorCode: Code.InvalidArgument, errorMessage: 'message_request must be set' },
        } as const;
    }
  };
}

/** The file and everything it imports, each once, the file first: one query is enough. */
function withImports(file: DescFile | undefined) {
  if (!file) return notFound;
  const closure = new Set<DescFile>();
  const visit = (one: DescFile) => {
    if (closure.has(one)) return;
    closure.add(one);
    one.dependencies.forEach(visit);
  };
  visit(file);
  const fileDescriptorProto = [...closure].map(({ proto }) => toBinary(FileDescriptorProtoSchema, proto));
  return { case: 'fileDescriptorResponse', value: { fileDescriptorProto } } as const;
}

/** The file of every symbol by its full name. */
function fileBySymbol(files: Iterable<DescFile>): ReadonlyMap<string, DescFile> {
  const symbols = new Map<string, DescFile>();
  for (const file of files) for (const name of symbolsOf(file.proto)) symbols.set(name, file);
  return symbols;
}

/** What a file declares: types and what is in them, extensions, services and their methods. */
function* symbolsOf(file: FileDescriptorProto): Iterable<string> {
  const scope = file.package ? `${file.package}.` : '';
  for (const { name, method } of file.service) {
    yield scope + name;
    for (const { name: member } of method) yield `${scope}${name}.${member}`;
  }
  for (const { name } of file.extension) yield scope + name;
  for (const type of file.enumType) yield* symbolsOfEnum(type, scope);
  for (const type of file.messageType) yield* symbolsOfMessage(type, scope);
}

function* symbolsOfMessage(type: DescriptorProto, outer: string): Iterable<string> {
  yield outer + type.name;
  const scope = `${outer}${type.name}.`;
  for (const { name } of [...type.field, ...type.oneofDecl, ...type.extension]) yield scope + name;
  for (const inner of type.enumType) yield* symbolsOfEnum(inner, scope);
  for (const inner of type.nestedType) yield* symbolsOfMessage(inner, scope);
}

/** The values of an enum are named as its siblings, as in C. */
function* symbolsOfEnum(type: EnumDescriptorProto, scope: string): Iterable<string> {
  for (const { name } of [type, ...type.value]) yield scope + name;
}

const notFound = {
  case: 'errorResponse',
  value: { errorCode: Code.NotFound, errorMessage: 'not found' },
} as const;
