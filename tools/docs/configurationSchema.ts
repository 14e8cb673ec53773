import { type DescField, type DescMessage, ScalarType } from '@bufbuild/protobuf';
import { VERSION } from '../../server/admin/configuration/readDocument.js';
import type { Section } from '../../server/admin/configuration/section.js';
import { SECTIONS } from '../../server/admin/configuration/sections.js';
import { NAME } from '../../server/admin/shared/names.js';
import { commentOf, firstSentence } from '../../server/contract/comments.js';
import { contractSet } from '../../server/contract/contractSet.js';

type Schema = Record<string, unknown>;

const object = (properties: Schema, more: Schema = {}): Schema => ({
  type: 'object',
  additionalProperties: false,
  properties,
  ...more,
});

/** The JSON Schema of the document that ExportConfiguration writes, for editors and for checks before it is applied. */
export function configurationSchema(): string {
  const workspace = object(
    Object.fromEntries(SECTIONS.map((section) => [section.name, sectionSchema(section)])),
  );
  const schema = object(
    {
      version: { const: VERSION },
      workspaces: {
        type: 'object',
        description: 'The workspaces by their names.',
        propertyNames: { pattern: NAME.source },
        additionalProperties: workspace,
      },
    },
    { required: ['version', 'workspaces'] },
  );
  const head = {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    title: 'Countersign configuration',
  };
  return `${JSON.stringify({ ...head, ...schema }, undefined, 2)}\n`;
}

function sectionSchema(section: Section): Schema {
  // The contract set has the comments.
  const message = contractSet.getMessage(section.schema.typeName)!;
  // Which secrets there are is said by the secrets themselves.
  const fields = message.fields.filter(
    ({ name }) => section.fields.includes(name) && name !== 'secret_names',
  );
  const resource = object(propertiesOf(fields), { description: described(message) });
  return section.single ? resource : { type: 'object', additionalProperties: resource };
}

const propertiesOf = (fields: readonly DescField[]): Schema =>
  Object.fromEntries(
    fields.map((field) => [field.jsonName, { description: described(field), ...fieldSchema(field) }]),
  );

/** A secret is never in the document, only that there is one. */
const SECRET = object({ set: { const: true } }, { required: ['set'] });

/** For the command line, which puts the value in its place. */
const FROM_ENVIRONMENT = object({ env: { type: 'string' } }, { required: ['env'] });

function fieldSchema(field: DescField): Schema {
  if (field.name === 'secret') return SECRET;
  if (field.fieldKind === 'map') {
    const value = { type: 'string' };
    return {
      type: 'object',
      additionalProperties: field.name === 'secrets' ? { anyOf: [SECRET, FROM_ENVIRONMENT, value] } : value,
    };
  }
  if (field.fieldKind === 'list') return { type: 'array', items: valueSchema(field) };
  const value = valueSchema(field);
  return field.fieldKind === 'message' ? { anyOf: [value, { type: 'null' }] } : value;
}

function valueSchema(field: DescField): Schema {
  if (field.message) {
    if (field.message.typeName === 'google.protobuf.Duration')
      return { type: 'string', pattern: '^[0-9]+(\\.[0-9]+)?s$' };
    return object(propertiesOf(field.message.fields));
  }
  if (field.enum) return { enum: field.enum.values.map(({ name }) => name) };
  if (field.scalar === ScalarType.STRING) return { type: 'string' };
  if (field.scalar === ScalarType.BOOL) return { type: 'boolean' };
  return { type: 'integer' };
}

const described = (desc: DescField | DescMessage): string => firstSentence(commentOf(desc));
