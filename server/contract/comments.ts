import type { AnyDesc, DescField, DescMessage, DescMethod, DescService } from '@bufbuild/protobuf';

/** What of the contract is described. */
type Described = DescService | DescMethod | DescMessage | DescField;

/** Numbers of the fields in descriptor.proto that lead to a declaration (SourceCodeInfo.Location.path). */
const MESSAGES = 4;
const NESTED = 3;
const SERVICES = 6;
const FIELDS_OR_METHODS = 2;

/** The comment in front of a declaration of `contractSet`, its lines joined; empty where there is none. */
export function commentOf(desc: Described): string {
  const path = pathOf(desc).join('.');
  const locations = desc.kind === 'field' || desc.kind === 'rpc' ? desc.parent.file : desc.file;
  const found = locations.proto.sourceCodeInfo?.location.find((one) => one.path.join('.') === path);
  return (found?.leadingComments ?? '')
    .replaceAll(/\s*\n\s*/g, (gap) => (/\n\s*\n/.test(gap) ? '\n\n' : ' '))
    .trim();
}

/** The first sentence of a comment. */
export const firstSentence = (comment: string): string =>
  /^[\s\S]*?\.(?=\s|$)/.exec(comment.split('\n\n')[0] ?? '')?.[0] ?? comment;

function pathOf(desc: Described | AnyDesc): number[] {
  switch (desc.kind) {
    case 'service':
      return [SERVICES, desc.file.services.indexOf(desc)];
    case 'rpc':
      return [...pathOf(desc.parent), FIELDS_OR_METHODS, desc.parent.methods.indexOf(desc)];
    case 'field':
      return [...pathOf(desc.parent), FIELDS_OR_METHODS, desc.parent.fields.indexOf(desc)];
    case 'message':
      return desc.parent
        ? [...pathOf(desc.parent), NESTED, desc.parent.nestedMessages.indexOf(desc)]
        : [MESSAGES, desc.file.messages.indexOf(desc)];
    default:
      return [];
  }
}
