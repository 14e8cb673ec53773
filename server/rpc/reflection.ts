import { createRegistry, type DescFile, toBinary } from '@bufbuild/protobuf';
import {
  type DescriptorProto,
  type EnumDescriptorProto,
  type FileDescriptorProto,
  FileDescriptorProtoSchema,
} from '@bufbuild/protobuf/wkt';
import { Code, type ConnectRouter } from '@connectrpc/connect';
import { ServerReflection } from '../../gen/grpc/reflection/v1/reflection_pb.js';
import { ServerReflection as ServerReflectionAlpha } from '../../gen/grpc/reflection/v1alpha/reflection_pb.js';

/** One question of the protocol; v1 and v1alpha ask the same ones. */
type Question =
  | {
      readonly case: 'listServices' | 'fileByFilename' | 'fileContainingSymbol' | 'allExtensionNumbersOfType';
      readonly value: string;
    }
  | {
      readonly case: 'fileContainingExtension';
      readonly value: { readonly containingType: string; readonly extensionNumber: number };
    }
  | { readonly case: undefined };

interface Asking {
  readonly host: string;
  readonly messageRequest: Question;
}

/**
 * gRPC server reflection, https://github.com/grpc/grpc/blob/master/doc/server-reflection.md,
 * v1 and v1alpha: lets buf curl, grpcurl and others call without a schema.
 */
export function serveReflection(
  router: ConnectRouter,
  files: readonly DescFile[],
  services: readonly string[],
): void {
  const answer = createAnswer(files, services);
  async function* reflect(asked: AsyncIterable<Asking>) {
    for await (const request of asked) {
      yield {
        validHost: request.host,
        originalRequest: request,
        messageResponse: answer(request.messageRequest),
      } as never;
    }
  }
  router.service(ServerReflection, { serverReflectionInfo: reflect });
  router.service(ServerReflectionAlpha, { serverReflectionInfo: reflect });
}

function createAnswer(roots: readonly DescFile[], services: readonly string[]) {
  const files = new Map<string, DescFile>();
  const add = (file: DescFile) => {
    if (files.has(file.proto.name)) return;
    files.set(file.proto.name, file);
    file.dependencies.forEach(add);
  };
  roots.forEach(add);
  const registry = createRegistry(...files.values());
  const symbols = fileBySymbol(files.values());

  /** The file and everything it imports, each once, the file first: a caller asks once. */
  const withImports = (file: DescFile | undefined) => {
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
  };

  return (question: Question) => {
    switch (question.case) {
      case 'listServices':
        return {
          case: 'listServicesResponse',
          value: { service: services.map((name) => ({ name })) },
        } as const;
      case 'fileByFilename':
        return withImports(files.get(question.value));
      case 'fileContainingSymbol':
        return withImports(symbols.get(question.value));
      case 'fileContainingExtension': {
        const { containingType, extensionNumber } = question.value;
        const extendee = registry.getMessage(containingType);
        return withImports(extendee && registry.getExtensionFor(extendee, extensionNumber)?.file);
      }
      case 'allExtensionNumbersOfType': {
        if (!registry.getMessage(question.value)) return notFound;
        const extensionNumber = [...registry]
          .filter((type) => type.kind === 'extension' && type.extendee.typeName === question.value)
          .map((type) => (type.kind === 'extension' ? type.number : 0));
        return {
          case: 'allExtensionNumbersResponse',
          value: { baseTypeName: question.value, extensionNumber },
        } as const;
      }
      default:
        return {
          case: 'errorResponse',
          value: { errorCode: Code.InvalidArgument, errorMessage: 'nothing was asked' },
        } as const;
    }
  };
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
