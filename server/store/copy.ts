/** A copy that shares nothing with `value`. Strings become what UTF-8 can hold, as both engines store them. */
export function copy<V>(value: V): V {
  return copied(value) as V;
}

function copied(value: unknown): unknown {
  if (typeof value === 'string') return value.isWellFormed() ? value : value.toWellFormed();
  if (typeof value !== 'object' || value === null) return value;
  if (value instanceof Date) return new Date(value);
  if (Array.isArray(value)) return value.map(copied);
  // Spreading keeps V8's fast layout of a wide object, which adding field by field loses.
  const fields: Record<string, unknown> = { ...value };
  for (const key of Object.keys(fields)) fields[key] = copied(fields[key]);
  return fields;
}
