import type { UnknownField } from '@bufbuild/protobuf';
import type { FileDescriptorSet } from '@bufbuild/protobuf/wkt';

const RULES_FILE = 'buf/validate/validate.proto';
/** The number of (buf.validate.field), .message and .oneof in the options they extend. */
const RULES = 1159;

type File = FileDescriptorSet['file'][number];

/**
 * The contract as any language's protoc can read it (--descriptor_set_in),
 * without validation rules and the import they need: a program may link the
 * genuine buf.validate beside code generated from this. Source info goes as
 * well: its paths would point at what is no longer there.
 */
export function plainDescriptorSet(set: FileDescriptorSet): FileDescriptorSet {
  const file = set.file.filter(({ name }) => name !== RULES_FILE);
  for (const one of file) {
    removeImport(one);
    for (const options of optionsOf(one)) removeRules(options);
    delete one.sourceCodeInfo;
  }
  return { ...set, file };
}

/** Public dependencies name imports by index. */
function removeImport(file: File): void {
  const removed = file.dependency.indexOf(RULES_FILE);
  if (removed < 0) return;
  file.dependency.splice(removed, 1);
  file.publicDependency = file.publicDependency
    .filter((index) => index !== removed)
    .map((index) => (index > removed ? index - 1 : index));
}

interface Options {
  $unknown?: UnknownField[] | undefined;
}

/** An option that this program has no type for is an unknown field. */
function removeRules(options: Options): void {
  const left = options.$unknown?.filter(({ no }) => no !== RULES);
  if (left?.length) options.$unknown = left;
  else delete options.$unknown;
}

function* optionsOf(file: File): Iterable<Options> {
  for (const { options } of file.extension) if (options) yield options;
  const messages = [...file.messageType];
  for (let message = messages.pop(); message; message = messages.pop()) {
    messages.push(...message.nestedType);
    for (const { options } of [message, ...message.field, ...message.extension, ...message.oneofDecl]) {
      if (options) yield options;
    }
  }
}
