import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { fromBinary } from '@bufbuild/protobuf';
import { type FileDescriptorSet, FileDescriptorSetSchema } from '@bufbuild/protobuf/wkt';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** Runs the pinned buf in the repository; returns what it writes to standard output. */
export function buf(...args: readonly string[]): Buffer {
  return execFileSync(`${root}node_modules/.bin/buf`, args, {
    cwd: root,
    // buf starts protoc-gen-es by its name.
    env: { ...process.env, PATH: `${root}node_modules/.bin:${process.env.PATH}` },
    stdio: ['ignore', 'pipe', 'inherit'],
    maxBuffer: 64 * 1024 * 1024,
  });
}

/** The whole contract with its imports, rules, comments and source positions, imports first. */
export function buildContract(): FileDescriptorSet {
  return fromBinary(FileDescriptorSetSchema, buf('build', '--as-file-descriptor-set', '-o', '-'));
}
