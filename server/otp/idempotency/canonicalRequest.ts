import { create, type DescMessage, type MessageShape, toJson } from '@bufbuild/protobuf';

/**
 * A request as text without its request id, the same for every order of map
 * keys: what is compared when a request is repeated.
 */
export function canonicalRequest<D extends DescMessage>(
  schema: D,
  request: MessageShape<D> & { requestId: string },
): string {
  return JSON.stringify(toJson(schema, { ...create(schema), ...request, requestId: '' }), sorted);
}

function sorted(_key: string, value: unknown): unknown {
  if (value === null || typeof value !== 'object' || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
}
