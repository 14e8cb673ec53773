import { z } from 'zod';
import { shownName } from '../http/shownName.js';

/** Most fields named, so that the header stays short. */
const MOST = 10;

/**
 * The fields of a JSON value that a shape does not have, as paths such as
 * `config.otp_lenght`: they are ignored. What a shape takes as it is, such as
 * metadata, has no unknown fields.
 */
export const ignoredFields = (shape: z.ZodType, value: unknown): string[] =>
  [...unknownIn(shape, value, '')].slice(0, MOST);

function* unknownIn(shape: z.ZodType, value: unknown, path: string): Generator<string> {
  const inner = unwrapped(shape);
  if (inner instanceof z.ZodArray && Array.isArray(value)) {
    for (const [index, item] of value.entries())
      yield* unknownIn(inner.element as z.ZodType, item, `${path}[${index}]`);
  }
  if (!(inner instanceof z.ZodObject) || typeof value !== 'object' || value === null) return;
  for (const [name, item] of Object.entries(value)) {
    const field = path ? `${path}.${name}` : name;
    const known = Object.hasOwn(inner.shape, name) ? (inner.shape[name] as z.ZodType) : undefined;
    if (known) yield* unknownIn(known, item, field);
    // One that is no name may be a secret in the wrong place.
    else if (shownName(name)) yield field;
  }
}

/** The shape without what makes it optional. */
function unwrapped(shape: z.ZodType): z.ZodType {
  if (shape instanceof z.ZodOptional || shape instanceof z.ZodNullable || shape instanceof z.ZodDefault)
    return unwrapped(shape.unwrap() as z.ZodType);
  return shape instanceof z.ZodPipe ? unwrapped(shape.in as z.ZodType) : shape;
}
