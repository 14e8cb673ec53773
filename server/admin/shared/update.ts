import { clone, create, type DescMessage, type MessageShape } from '@bufbuild/protobuf';
import type { FieldMask } from '@bufbuild/protobuf/wkt';
import { checkRules } from '../../contract/validation.js';
import { invalid } from '../../errors.js';
import type { Update } from '../../store/documents.js';

interface MaskedUpdate<D extends DescMessage> {
  readonly current: MessageShape<D>;
  readonly patch: MessageShape<D> | undefined;
  readonly mask: FieldMask | undefined;
  /** Fields that the mask may name. */
  readonly changeable: readonly string[];
  /** The name of the resource in the request, for error messages. */
  readonly resource: string;
}

/**
 * The resource after an update (AIP-134): `current` with the fields that the
 * mask names taken from `patch`, a field that is not set there being cleared.
 * `*` names every changeable field. The rules of the contract are checked on the
 * result. Throws INVALID_REQUEST.
 */
export function applyUpdateMask<D extends DescMessage>(
  schema: D,
  { current, patch, mask, changeable, resource }: MaskedUpdate<D>,
): { readonly resource: MessageShape<D>; readonly fields: readonly string[] } {
  const named = mask?.paths ?? [];
  if (named.length === 0) throw invalid('update_mask', 'must name the fields to change');
  const fields = named.includes('*') ? changeable : named;
  const unknown = fields.find((field) => !changeable.includes(field));
  if (unknown !== undefined) throw invalid('update_mask', `may name ${changeable.join(', ')} only`);
  const from = patch ?? create(schema);
  const next = clone(schema, current) as Record<string, unknown>;
  for (const field of fields) {
    const localName = schema.fields.find(({ name }) => name === field)?.localName ?? field;
    next[localName] = (from as Record<string, unknown>)[localName];
  }
  checkRules(schema, next as MessageShape<D>, `${resource}.`);
  return { resource: next as MessageShape<D>, fields };
}

/** The store's update by which fields take these values; undefined removes a field. */
export function toUpdate(values: Readonly<Record<string, unknown>>): Update {
  const entries = Object.entries(values);
  const given = entries.filter(([, value]) => value !== undefined);
  const gone = entries.filter(([, value]) => value === undefined).map(([field]) => [field, '' as const]);
  return {
    ...(given.length > 0 && { $set: Object.fromEntries(given) }),
    ...(gone.length > 0 && { $unset: Object.fromEntries(gone) }),
  };
}
