import type {
  DescEnum,
  DescEnumValue,
  DescField,
  DescMessage,
  DescMethod,
  DescService,
} from '@bufbuild/protobuf';

/** What of the contract is described. */
type Described = DescService | DescMethod | DescMessage | DescField | DescEnum | DescEnumValue;

/** Numbers of the fields in descriptor.proto that lead to a declaration (SourceCodeInfo.Location.path). */
const MESSAGES = 4;
const ENUMS = 5;
const SERVICES = 6;
/** Inside a message. */
const NESTED_MESSAGES = 3;
const NESTED_ENUMS = 4;
/** The fields of a message, the methods of a service, the values of an enum. */
const PARTS = 2;

/** The comment in front of a declaration of `contractSet`, its lines joined; empty where there is none. */
export function commentOf(desc: Described): string {
  const path = pathOf(desc).join('.');
  const file = 'file' in desc ? desc.file : desc.parent.file;
  const found = file.proto.sourceCodeInfo?.location.find((one) => one.path.join('.') === path);
  return (found?.leadingComments ?? '')
    .replaceAll(/\s*\n\s*/g, (gap) => (/\n\s*\n/.test(gap) ? '\n\n' : ' '))
    .trim();
}

/** The first sentence of a comment. */
export const firstSentence = (comment: string): string =>
  /^[\s\S]*?\.(?=\s|$)/.exec(comment.split('\n\n')[0] ?? '')?.[0] ?? comment;

function pathOf(desc: Described): number[] {
  switch (desc.kind) {
    case 'service':
      return [SERVICES, desc.file.services.indexOf(desc)];
    case 'rpc':
      return [...pathOf(desc.parent), PARTS, desc.parent.methods.indexOf(desc)];
    case 'field':
      return [...pathOf(desc.parent), PARTS, desc.parent.fields.indexOf(desc)];
    case 'enum_value':
      return [...pathOf(desc.parent), PARTS, desc.parent.values.indexOf(desc)];
    case 'message':
      return desc.parent
        ? [...pathOf(desc.parent), NESTED_MESSAGES, desc.parent.nestedMessages.indexOf(desc)]
        : [MESSAGES, desc.file.messages.indexOf(desc)];
    case 'enum':
      return desc.parent
        ? [...pathOf(desc.parent), NESTED_ENUMS, desc.parent.nestedEnums.indexOf(desc)]
        : [ENUMS, desc.file.enums.indexOf(desc)];
  }
}
