import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { toBinary } from '@bufbuild/protobuf';
import { FileDescriptorSetSchema } from '@bufbuild/protobuf/wkt';
import { buildContract } from './contract/buildContract.js';
import { plainDescriptorSet } from './contract/plainDescriptorSet.js';

/** Writes countersign-<version>.binpb, for protoc in any language: `npm run descriptors -- <folder>`. */
const folder = process.argv[2] ?? 'dist';
const { version } = JSON.parse(await readFile(new URL('../package.json', import.meta.url), 'utf8'));
const path = join(folder, `countersign-${version}.binpb`);
await mkdir(folder, { recursive: true });
await writeFile(path, toBinary(FileDescriptorSetSchema, plainDescriptorSet(buildContract())));
console.log(path);
