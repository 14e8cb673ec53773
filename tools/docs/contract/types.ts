import { type DescEnum, type DescField, type DescMessage, ScalarType } from '@bufbuild/protobuf';

/** A message or enum with a section of its own, on the page of its package. */
export type Described = DescMessage | DescEnum;

/** Which page describes a package. */
const PAGES: Readonly<Record<string, string>> = {
  'otp.v1': 'contract.md',
  'otp.admin.v1': 'contract-admin.md',
};

/** The type of a field as a page shows it, with a link to what it is made of. */
export function typeOf(field: DescField, from: string): string {
  switch (field.fieldKind) {
    case 'scalar':
      return ScalarType[field.scalar].toLowerCase();
    case 'enum':
      return linked(field.enum, from);
    case 'message':
      return linked(field.message, from);
    case 'list':
      return `list of ${
        field.listKind === 'scalar'
          ? ScalarType[field.scalar].toLowerCase()
          : linked(field.listKind === 'enum' ? field.enum : field.message, from)
      }`;
    case 'map': {
      const value =
        field.mapKind === 'scalar'
          ? ScalarType[field.scalar].toLowerCase()
          : linked(field.mapKind === 'enum' ? field.enum : field.message, from);
      return `map of ${ScalarType[field.mapKey].toLowerCase()} to ${value}`;
    }
  }
}

/** What is described on a page of its own kind: not a request or a response, which stand under their method. */
export const hasSection = ({ name, file: { proto } }: Described): boolean =>
  proto.package in PAGES && !/(Request|Response)$/.test(name);

function linked(desc: Described, from: string): string {
  if (!hasSection(desc)) return desc.name;
  const page = PAGES[desc.file.proto.package]!;
  const anchor = `#${sectionOf(desc).toLowerCase()}`;
  return `[${desc.name}](${desc.file.proto.package === from ? '' : page}${anchor})`;
}

/** The heading of a message or enum. */
export const sectionOf = (desc: Described): string =>
  desc.parent ? `${desc.parent.name} ${desc.name}`.replaceAll(' ', '') : desc.name;
