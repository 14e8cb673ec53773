import { createFileRegistry, type FileRegistry, fromBinary } from '@bufbuild/protobuf';
import { FileDescriptorSetSchema } from '@bufbuild/protobuf/wkt';
import { descriptorSet } from '../../gen/contract/descriptorSet.js';

/**
 * The contract with validation rules and comments, which the code in gen/ is
 * generated without: what validation applies and reflection shows.
 */
export const contractSet: FileRegistry = createFileRegistry(
  fromBinary(FileDescriptorSetSchema, Buffer.from(descriptorSet, 'base64')),
);
