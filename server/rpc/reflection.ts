import { createRegistry, type DescFile, toBinary } from '@bufbuild/protobuf';
import { FileDescriptorProtoSchema } from '@bufbuild/protobuf/wkt';
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

  /** The file that declares a type, method, field or enum value: symbols inside a type are found by the type. */
  const fileOf = (symbol: string): DescFile | undefined => {
    for (let name = symbol; name; name = name.slice(0, Math.max(0, name.lastIndexOf('.')))) {
      const found = registry.get(name);
      if (found) return found.file;
    }
    return undefined;
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
        return withImports(fileOf(question.value));
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

const notFound = {
  case: 'errorResponse',
  value: { errorCode: Code.NotFound, errorMessage: 'not found' },
} as const;
