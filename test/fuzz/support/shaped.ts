import type { Chooser } from './chooser.js';
import { junkValue, junkWord } from './junk.js';

/** A JSON schema as shapes are described by. */
export interface Schema {
  readonly type?: string;
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly anyOf?: readonly Schema[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: Schema | boolean;
  readonly items?: Schema;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly minLength?: number;
  readonly maxLength?: number;
}

/** Values that mean something to the service, by the name of the field, or by its path. */
export type Known = Readonly<Record<string, readonly unknown[]>>;

/** A value of that shape, or nearly: at the bounds, and now and then just beyond them. */
export function shaped(schema: Schema, path: string, known: Known, choose: Chooser): unknown {
  const familiar = known[path] ?? known[path.split('.').at(-1)!];
  if (familiar && choose.chance(80)) return choose.pick(familiar);
  if (schema.enum) return choose.pick(schema.enum);
  if ('const' in schema) return schema.const;
  if (schema.anyOf) return shaped(choose.pick(schema.anyOf), path, known, choose);
  switch (schema.type) {
    case 'boolean':
      return choose.chance(50);
    case 'integer':
    case 'number':
      return number(schema, choose);
    case 'string':
      return text(schema, choose);
    case 'array':
      return Array.from({ length: choose.int(4) }, () => shaped(schema.items ?? {}, path, known, choose));
    case 'object':
      return object(schema, path, known, choose);
    default:
      return junkValue(choose);
  }
}

function number({ minimum = 0, maximum = 100 }: Schema, choose: Chooser): number {
  const bounds = [minimum - 1, minimum, minimum + 1, maximum - 1, maximum, maximum + 1];
  return choose.chance(70) ? choose.pick(bounds) : minimum + choose.int(Math.min(maximum - minimum, 1e6) + 1);
}

function text({ minLength = 0, maxLength = 64 }: Schema, choose: Chooser): string {
  if (choose.chance(50)) return junkWord(choose);
  const length = choose.pick([minLength, maxLength, maxLength + 1, choose.int(20)]);
  return 'a'.repeat(Math.min(Math.max(length, 0), 3_000));
}

function object(schema: Schema, path: string, known: Known, choose: Chooser): Record<string, unknown> {
  const { properties = {}, required = [], additionalProperties } = schema;
  const named = Object.entries(properties)
    .filter(([name]) => choose.chance(required.includes(name) ? 95 : 45))
    .map(([name, inner]) => [name, shaped(inner, path ? `${path}.${name}` : name, known, choose)]);
  const free =
    typeof additionalProperties === 'object' && choose.chance(70)
      ? [[junkWord(choose), shaped(additionalProperties, path, known, choose)]]
      : [];
  return Object.fromEntries([...named, ...free]);
}
