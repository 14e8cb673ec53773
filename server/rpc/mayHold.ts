import type { DescField } from '@bufbuild/protobuf';

/**
 * Whether a JSON text may name one of the fields. A look at the text alone, so
 * that most requests are not parsed a second time for fields they do not have.
 * A key may be written with escapes: then every field is possible.
 */
export const mayHold = (text: string, fields: readonly DescField[]): boolean =>
  fields.length > 0 &&
  (text.includes('\\') ||
    fields.some(({ name, jsonName }) => text.includes(`"${jsonName}"`) || text.includes(`"${name}"`)));
