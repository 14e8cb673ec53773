import { execFile } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { createFileRegistry, fromBinary } from '@bufbuild/protobuf';
import { FileDescriptorSetSchema } from '@bufbuild/protobuf/wkt';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const run = promisify(execFile);
const runs = (command: string, ...args: readonly string[]) =>
  run(command, args).then(
    () => true,
    () => false,
  );

const hasGrpcTools = await runs('python3', '-m', 'grpc_tools.protoc', '--version');
const hasProtoc = await runs('protoc', '--version');
if (!hasGrpcTools)
  console.warn('The descriptor set is not tested with Python: grpcio-tools is not installed.');
if (!hasProtoc) console.warn('The descriptor set is not tested with protoc: it is not on the path.');

let folder: string;
let path: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'countersign-descriptors-'));
  const { stdout } = await run(resolve('node_modules/.bin/tsx'), ['tools/descriptors.ts', folder]);
  path = stdout.trim();
}, 60_000);
afterAll(() => rm(folder, { recursive: true, force: true }));

describe('the descriptor set for other languages', { timeout: 60_000 }, () => {
  it('is named after the version', async () => {
    const { version } = JSON.parse(await readFile('package.json', 'utf8'));
    expect(path).toBe(join(folder, `countersign-${version}.binpb`));
  });

  it('is whole, with access rules and without validation rules', async () => {
    const bytes = await readFile(path);
    const registry = createFileRegistry(fromBinary(FileDescriptorSetSchema, bytes));
    expect(registry.getService('otp.v1.OtpService')?.methods.length).toBeGreaterThan(5);
    expect(registry.getExtension('otp.v1.access')).toBeDefined();
    expect(registry.getMessage('google.rpc.ErrorInfo')).toBeDefined();
    expect(bytes.toString('latin1')).not.toMatch(/buf[./]validate/);
    const fields = registry.getMessage('otp.v1.Recipients')!.proto.field;
    expect(fields.flatMap(({ options }) => options?.$unknown ?? [])).toEqual([]);
  });

  it('is read by buf', async () => {
    const { stdout } = await run(resolve('node_modules/.bin/buf'), [
      'ls-files',
      path,
      '--include-importable',
    ]);
    expect(stdout).toContain('otp/v1/otp_service.proto');
    await expect(run(resolve('node_modules/.bin/buf'), ['build', path])).resolves.toBeDefined();
  });

  it.skipIf(!hasProtoc)('is read by protoc', async () => {
    await run('protoc', [`--descriptor_set_in=${path}`, `--cpp_out=${folder}`, 'otp/v1/otp_service.proto']);
    expect(await readdir(join(folder, 'otp', 'v1'))).toContain('otp_service.pb.h');
  });

  it.skipIf(!hasGrpcTools)('is read by grpcio-tools for Python', async () => {
    const outputs = ['--python_out', '--grpc_python_out'].map((flag) => `${flag}=${folder}`);
    const args = ['-m', 'grpc_tools.protoc', `--descriptor_set_in=${path}`, ...outputs];
    await run('python3', [...args, 'otp/v1/otp_service.proto']);
    expect(await readdir(join(folder, 'otp', 'v1'))).toEqual(
      expect.arrayContaining(['otp_service_pb2.py', 'otp_service_pb2_grpc.py']),
    );
  });
});
