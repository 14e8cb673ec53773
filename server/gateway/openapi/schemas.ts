import { z } from 'zod';

type Json = Readonly<Record<string, unknown>>;

/** Schemas that several places refer to, by name. */
export interface SchemaRegistry {
  /** The schema of a shape under a name, as a reference to it. */
  named(name: string, shape: z.ZodType, io: 'input' | 'output'): Json;
  /** The schema of a shape, in place. */
  inline(shape: z.ZodType, io: 'input' | 'output'): Json;
  /** All that were named, by the shapes themselves (`.meta({ id })`) too. */
  all(): Json;
}

export function createSchemaRegistry(): SchemaRegistry {
  const components: Record<string, unknown> = {};

  function inline(shape: z.ZodType, io: 'input' | 'output'): Json {
    const {
      $schema: _dialect,
      $defs = {},
      ...schema
    } = z.toJSONSchema(shape, { io, unrepresentable: 'any' }) as Json & { $defs?: Json };
    for (const [name, { id: _name, ...named }] of Object.entries($defs as Record<string, Json>))
      components[name] = readable(named);
    return readable(schema) as Json;
  }

  return {
    inline,
    named(name, shape, io) {
      components[name] = inline(shape, io);
      return { $ref: `#/components/schemas/${name}` };
    },
    all: () =>
      Object.fromEntries(Object.entries(components).sort(([one], [other]) => (one < other ? -1 : 1))),
  };
}

/**
 * A schema as readers and generators of code understand it best: references
 * into the document, what may be `null` as a list of types rather than `anyOf`,
 * and no bounds that only say that a number is an integer.
 */
function readable(node: unknown): unknown {
  if (Array.isArray(node)) return node.map(readable);
  if (typeof node !== 'object' || node === null) return node;
  const inner: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(node)) {
    if (key === 'minimum' && value === Number.MIN_SAFE_INTEGER) continue;
    if (key === 'maximum' && value === Number.MAX_SAFE_INTEGER) continue;
    inner[key] =
      key === '$ref' && typeof value === 'string'
        ? value.replace('#/$defs/', '#/components/schemas/')
        : readable(value);
  }
  return withNullType(inner);
}

function withNullType(schema: Json): Json {
  const { anyOf, ...rest } = schema as { anyOf?: readonly Json[] };
  if (anyOf?.length !== 2 || anyOf[1]?.type !== 'null' || typeof anyOf[0]?.type !== 'string') return schema;
  const { type, const: only, enum: several, ...either } = anyOf[0];
  const words = only === undefined ? several : [only];
  return {
    ...either,
    type: [type, 'null'],
    ...(Array.isArray(words) && { enum: [...words, null] }),
    ...rest,
  };
}
