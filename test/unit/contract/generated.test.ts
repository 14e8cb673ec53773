import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { DescFile } from '@bufbuild/protobuf';
import { describe, expect, it } from 'vitest';

const GEN = new URL('../../../gen/', import.meta.url);
const modules = (await readdir(GEN, { recursive: true })).filter((path) => path.endsWith('_pb.ts'));

describe('generated code', () => {
  it('covers the whole contract', () => {
    expect(modules).toEqual(
      expect.arrayContaining([join('otp', 'v1', 'otp_service_pb.ts'), join('google', 'rpc', 'status_pb.ts')]),
    );
  });

  it.each(modules)('is free of validation rules in %s', async (path) => {
    expect(await readFile(new URL(path, GEN), 'utf8')).not.toMatch(/buf[._/]validate|protovalidate/);
    // The descriptor in a module is encoded: a rule would be an unknown option, number 1159.
    const file = Object.values(await import(new URL(path, GEN).href)).find(isFile)!;
    expect(file.proto.dependency).not.toContain('buf/validate/validate.proto');
    const options = file.proto.messageType.flatMap(({ field }) => field.map((one) => one.options));
    const numbers = options.flatMap((one) => one?.$unknown?.map(({ no }) => no) ?? []);
    expect(numbers).not.toContain(1159);
  });
});

const isFile = (exported: unknown): exported is DescFile =>
  typeof exported === 'object' && exported !== null && 'kind' in exported && exported.kind === 'file';
