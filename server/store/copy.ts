/** A copy that shares nothing with `value`. */
export function copy<V>(value: V): V {
  return copied(value, (date) => new Date(date)) as V;
}

/** The same with dates as `ofDate` makes them. Strings become what UTF-8 can hold, as both engines store them. */
export function copied(value: unknown, ofDate: (date: Date) => unknown): unknown {
  if (typeof value === 'string') return value.isWellFormed() ? value : value.toWellFormed();
  if (typeof value !== 'object' || value === null) return value;
  if (value instanceof Date) return ofDate(value);
  if (Array.isArray(value)) return value.map((element) => copied(element, ofDate));
  // Spreading keeps V8's fast layout of a wide object, which adding field by field loses.
  const fields: Record<string, unknown> = { ...value };
  for (const key of Object.keys(fields)) fields[key] = copied(fields[key], ofDate);
  return fields;
}
