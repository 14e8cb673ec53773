import {
  createRegistry,
  type DescEnum,
  type DescExtension,
  type DescFile,
  type DescMessage,
  type DescService,
  toBinary,
} from '@bufbuild/protobuf';
import { nestedTypes } from '@bufbuild/protobuf/reflect';
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
  const symbols = symbolsOf([...files.values()]);

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

/** The file of every symbol by its full name: types, their fields and values, services, their methods, extensions. */
function symbolsOf(files: readonly DescFile[]): ReadonlyMap<string, DescFile> {
  const symbols = new Map<string, DescFile>();
  for (const file of files) {
    for (const type of nestedTypes(file)) {
      for (const name of [type.typeName, ...membersOf(type)]) symbols.set(name, file);
    }
  }
  return symbols;
}

function membersOf(type: DescMessage | DescEnum | DescExtension | DescService): string[] {
  const under = (members: readonly { readonly name: string }[]) =>
    members.map(({ name }) => `${type.typeName}.${name}`);
  switch (type.kind) {
    case 'message':
      return under([...type.fields, ...type.oneofs]);
    case 'service':
      return under(type.methods);
    case 'enum': {
      // The values of an enum are named as its siblings, as in C.
      const scope = type.typeName.slice(0, -type.name.length);
      return type.values.map(({ name }) => scope + name);
    }
    case 'extension':
      return [];
  }
}

const notFound = {
  case: 'errorResponse',
  value: { errorCode: Code.NotFound, errorMessage: 'not found' },
} as const;
