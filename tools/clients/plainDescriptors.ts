import { execFileSync } from 'node:child_process';
import { fromBinary, toBinary } from '@bufbuild/protobuf';
import {
  type DescriptorProto,
  type FileDescriptorProto,
  type FileDescriptorSet,
  FileDescriptorSetSchema,
} from '@bufbuild/protobuf/wkt';

const RULES = 'buf/validate/validate.proto';
/** The extension of every kind of options under which protovalidate keeps its rules. */
const RULE_EXTENSION = 1159;
/** Field `dependency` of a FileDescriptorProto, in the paths of its source positions. */
const DEPENDENCY = 3;

/**
 * The contract as a descriptor set without validation rules, for the protoc of
 * any language: what is generated from it needs nothing of protovalidate, and
 * can be linked beside a program's own.
 */
export function plainDescriptors(): Uint8Array {
  const buf = execFileSync(
    'node_modules/.bin/buf',
    ['build', '--as-file-descriptor-set', '-o', '-#format=binpb'],
    {
      maxBuffer: 64 << 20,
    },
  );
  const set = fromBinary(FileDescriptorSetSchema, buf);
  set.file = set.file.filter(({ name }) => name !== RULES);
  for (const file of set.file) withoutRules(file);
  return toBinary(FileDescriptorSetSchema, set);
}

/** The files of the contract itself in a set, without the ones it imports from elsewhere. */
export function ownFiles(set: Uint8Array): readonly string[] {
  const { file }: FileDescriptorSet = fromBinary(FileDescriptorSetSchema, set);
  return file.map(({ name }) => name).filter((name) => name.startsWith('otp/'));
}

function withoutRules(file: FileDescriptorProto): void {
  const at = file.dependency.indexOf(RULES);
  if (at >= 0) {
    file.dependency.splice(at, 1);
    const others = file.publicDependency.filter((index) => index !== at);
    file.publicDependency = others.map((index) => (index > at ? index - 1 : index));
  }
  for (const options of optionsOf(file)) {
    const kept = options.$unknown?.filter(({ no }) => no !== RULE_EXTENSION);
    if (kept?.length) options.$unknown = kept;
    else delete options.$unknown;
  }
  // Positions of the import and the rules would lead to what is no longer there.
  if (file.sourceCodeInfo) {
    file.sourceCodeInfo.location = file.sourceCodeInfo.location.filter(
      ({ path }) => path[0] !== DEPENDENCY && !path.includes(RULE_EXTENSION),
    );
  }
}

type Options = NonNullable<DescriptorProto['options']>['$unknown'] extends infer U ? { $unknown?: U } : never;

function* optionsOf(file: FileDescriptorProto): Generator<Options> {
  const messages = [...file.messageType];
  for (let message = messages.pop(); message; message = messages.pop()) {
    messages.push(...message.nestedType);
    for (const { options } of [message, ...message.field, ...message.extension, ...message.oneofDecl]) {
      if (options) yield options;
    }
  }
  for (const { options } of file.extension) if (options) yield options;
}
