import {
  create,
  createFileRegistry,
  type DescService,
  fromBinary,
  getOption,
  type MessageShape,
  toBinary,
} from '@bufbuild/protobuf';
import {
  type FileDescriptorProto,
  FileDescriptorProtoSchema,
  FileDescriptorSetSchema,
} from '@bufbuild/protobuf/wkt';
import { field as fieldRules } from '@bufbuild/protovalidate/gen/buf/validate/validate_pb.js';
import { createClient } from '@connectrpc/connect';
import { createGrpcTransport, Http2SessionManager } from '@connectrpc/connect-node';
import { Client, credentials } from '@grpc/grpc-js';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  ServerReflection,
  type ServerReflectionRequest,
  ServerReflectionRequestSchema,
  ServerReflectionResponseSchema,
} from '../../gen/grpc/reflection/v1/reflection_pb.js';
import { ServerReflection as ServerReflectionAlpha } from '../../gen/grpc/reflection/v1alpha/reflection_pb.js';
import { startService, type TestService } from '../support/service.js';

let service: TestService;
let connection: Http2SessionManager;
beforeAll(async () => {
  service = await startService();
  connection = new Http2SessionManager(service.baseUrl);
});
afterAll(async () => {
  connection.abort();
  await service.stop();
});

type Reflection = typeof ServerReflection;
type Query = MessageShape<Reflection['method']['serverReflectionInfo']['input']>['messageRequest'];
type ReflectionResponse = MessageShape<Reflection['method']['serverReflectionInfo']['output']>;

/** In the order in which a registry wants them. Throws where an import is missing. */
function importsFirst(files: readonly FileDescriptorProto[]): FileDescriptorProto[] {
  const sorted = new Set<FileDescriptorProto>();
  const add = (name: string) => {
    const file = files.find((one) => one.name === name);
    if (!file) throw new Error(`${name} is missing`);
    file.dependency.forEach(add);
    sorted.add(file);
  };
  for (const { name } of files) add(name);
  return [...sorted];
}

const NOT_FOUND = { errorCode: 5, errorMessage: 'not found' };

describe.each<[string, DescService]>([
  ['v1', ServerReflection],
  ['v1alpha', ServerReflectionAlpha],
])('reflection %s', (_version, reflection) => {
  /** Asks all on one stream. Both versions are the same but for their names. */
  async function ask(...queries: readonly Query[]): Promise<ReflectionResponse[]> {
    const transport = createGrpcTransport({ baseUrl: service.baseUrl, sessionManager: connection });
    const client = createClient(reflection as Reflection, transport);
    async function* requests() {
      for (const messageRequest of queries) yield { host: 'here', messageRequest } as never;
    }
    const responses: ReflectionResponse[] = [];
    for await (const response of client.serverReflectionInfo(requests())) responses.push(response);
    return responses;
  }
  const one = async (query: Query) => (await ask(query))[0]!.messageResponse;
  /** The names of the files in the response, which must include every import. */
  async function filesFor(query: Query): Promise<string[]> {
    const { case: kind, value } = await one(query);
    if (kind !== 'fileDescriptorResponse') throw new Error(`${kind}: ${JSON.stringify(value)}`);
    const files = value.fileDescriptorProto.map((bytes) => fromBinary(FileDescriptorProtoSchema, bytes));
    createFileRegistry(create(FileDescriptorSetSchema, { file: importsFirst(files) }));
    return files.map(({ name }) => name);
  }

  it('responds to query after query on one stream, each with its query', async () => {
    const responses = await ask(
      { case: 'fileByFilename', value: 'otp/v1/access.proto' },
      { case: 'fileByFilename', value: 'nope.proto' },
      { case: undefined },
    );
    expect(responses.map(({ validHost }) => validHost)).toEqual(['here', 'here', 'here']);
    expect(responses.map(({ originalRequest }) => originalRequest?.messageRequest.value)).toEqual([
      'otp/v1/access.proto',
      'nope.proto',
      undefined,
    ]);
    expect(responses.map(({ messageResponse }) => messageResponse.case)).toEqual([
      'fileDescriptorResponse',
      'errorResponse',
      'errorResponse',
    ]);
    expect(responses[2]!.messageResponse.value).toMatchObject({ errorCode: 3 });
  });

  it('lists the services', async () => {
    const { value } = await one({ case: 'listServices', value: '' });
    const names = (value as { service: { name: string }[] }).service.map(({ name }) => name);
    expect(names).toEqual(expect.arrayContaining(['otp.v1.OtpService', 'otp.v1.VerificationTokenService']));
    expect(new Set(names).size).toBe(names.length);
  });

  it.each([
    ['a service', 'otp.v1.OtpService', 'otp/v1/otp_service.proto'],
    ['a method', 'otp.v1.OtpService.Send', 'otp/v1/otp_service.proto'],
    ['a message', 'otp.v1.Session', 'otp/v1/session.proto'],
    ['a nested type', 'otp.v1.VerifyRequest.CodesEntry', 'otp/v1/otp_service.proto'],
    ['a field', 'otp.v1.Session.id', 'otp/v1/session.proto'],
    ['a oneof', 'google.protobuf.Value.kind', 'google/protobuf/struct.proto'],
    ['an enum', 'otp.v1.Channel', 'otp/v1/session.proto'],
    ['an enum value', 'otp.v1.CHANNEL_EMAIL', 'otp/v1/session.proto'],
    ['an extension', 'otp.v1.access', 'otp/v1/access.proto'],
    ['an error detail', 'google.rpc.ErrorInfo', 'google/rpc/error_details.proto'],
    ['a validation rule', 'buf.validate.field', 'buf/validate/validate.proto'],
    ['a well-known type', 'google.protobuf.Timestamp', 'google/protobuf/timestamp.proto'],
  ])('finds the file of %s, with all it imports', async (_what, value, file) => {
    expect((await filesFor({ case: 'fileContainingSymbol', value }))[0]).toBe(file);
  });

  it('finds a file by its name, with all it imports', async () => {
    const files = await filesFor({ case: 'fileByFilename', value: 'otp/v1/otp_service.proto' });
    expect(files).toEqual(expect.arrayContaining(['otp/v1/session.proto', 'google/protobuf/struct.proto']));
  });

  it.each([
    'otp.v1.Nope',
    'otp.v1.OtpService.Teleport',
    'otp.v1.Session.nope',
    'otp.v1.Channel.CHANNEL_EMAIL',
    'otp.v1',
    'Nope',
    '.otp.v1.Session',
    '',
  ])('finds no symbol %j', async (value) => {
    expect(await one({ case: 'fileContainingSymbol', value })).toMatchObject({
      case: 'errorResponse',
      value: NOT_FOUND,
    });
  });

  it('finds the file of an extension by its number', async () => {
    const extension = (containingType: string, extensionNumber: number): Query =>
      ({ case: 'fileContainingExtension', value: { containingType, extensionNumber } }) as Query;
    expect((await filesFor(extension('google.protobuf.MethodOptions', 50010)))[0]).toBe(
      'otp/v1/access.proto',
    );
    for (const [type, number] of [
      ['google.protobuf.MethodOptions', 50011],
      ['otp.v1.Session', 50010],
      ['otp.v1.Nope', 50010],
    ] as const) {
      expect(await one(extension(type, number))).toMatchObject({ case: 'errorResponse', value: NOT_FOUND });
    }
  });

  it('lists the extensions of a type', async () => {
    const numbers = (value: string) => one({ case: 'allExtensionNumbersOfType', value });
    expect((await numbers('google.protobuf.MethodOptions')).value).toMatchObject({
      baseTypeName: 'google.protobuf.MethodOptions',
      extensionNumber: [50010],
    });
    expect((await numbers('otp.v1.Session')).value).toMatchObject({ extensionNumber: [] });
    expect((await numbers('otp.v1.Nope')).value).toMatchObject(NOT_FOUND);
  });
});

describe('the files that reflection serves to grpc-js', () => {
  let files: readonly FileDescriptorProto[];
  beforeAll(async () => {
    files = await filesOverGrpcJs('otp.v1.OtpService');
  });
  const otpService = () => files.find(({ name }) => name === 'otp/v1/otp_service.proto')!;

  it('client C2 carry the comments of methods and fields', () => {
    const comments = otpService().sourceCodeInfo!.location.map(({ leadingComments }) => leadingComments);
    const send = otpService().service[0]!.method.findIndex(({ name }) => name === 'Send');
    const ofSend = otpService().sourceCodeInfo!.location.find(({ path }) => path.join() === `6,0,2,${send}`);
    expect(ofSend!.leadingComments).toContain('Reasons: INVALID_RECIPIENT');
    expect(comments.length).toBeGreaterThan(50);
  });

  it('carry the validation rules', () => {
    const recipients = createFileRegistry(
      create(FileDescriptorSetSchema, { file: importsFirst(files) }),
    ).getMessage('otp.v1.Recipients')!;
    const email = recipients.fields.find(({ name }) => name === 'email')!;
    expect(getOption(email, fieldRules).type).toMatchObject({ case: 'string', value: { maxLen: 254n } });
  });
});

async function filesOverGrpcJs(value: string): Promise<FileDescriptorProto[]> {
  const client = new Client(`127.0.0.1:${service.port}`, credentials.createInsecure());
  try {
    const call = client.makeBidiStreamRequest(
      '/grpc.reflection.v1.ServerReflection/ServerReflectionInfo',
      (request: ServerReflectionRequest) => Buffer.from(toBinary(ServerReflectionRequestSchema, request)),
      (bytes) => fromBinary(ServerReflectionResponseSchema, bytes),
    );
    call.end(
      create(ServerReflectionRequestSchema, { messageRequest: { case: 'fileContainingSymbol', value } }),
    );
    const [response] = await call.toArray();
    const { case: kind, value: found } = (response as ReflectionResponse).messageResponse;
    if (kind !== 'fileDescriptorResponse') throw new Error(kind);
    return found.fileDescriptorProto.map((bytes) => fromBinary(FileDescriptorProtoSchema, bytes));
  } finally {
    client.close();
  }
}
