import { type DescMethod, getOption } from '@bufbuild/protobuf';
import { MethodOptions_IdempotencyLevel } from '@bufbuild/protobuf/wkt';
import type { WhoAmIResponse } from '../../gen/otp/admin/v1/access_service_pb.js';
import { access } from '../../gen/otp/v1/access_pb.js';
import { who } from './credential.js';

/** The scopes of which a method needs one, as its descriptor says: the server enforces the same. */
export const scopesOf = (method: DescMethod): readonly string[] => getOption(method, access).anyScope;

const isRead = (method: DescMethod): boolean =>
  method.idempotency === MethodOptions_IdempotencyLevel.NO_SIDE_EFFECTS;

/** Why the caller may not use a method, in words; undefined where it may. */
export function missing(
  method: DescMethod,
  caller: WhoAmIResponse | undefined = who.value,
): string | undefined {
  if (!caller) return undefined;
  const needed = scopesOf(method);
  if (needed.length > 0 && !needed.some((scope) => caller.scopes.includes(scope))) {
    return `Needs the scope ${words(needed)}; your key has ${words(caller.scopes, 'and') || 'none'}.`;
  }
  if (caller.readOnly && !isRead(method)) return 'Your key is read-only.';
  return undefined;
}

export const isOperator = (): boolean => who.value?.scopes.includes('operator') ?? false;

function words(list: readonly string[], last: 'or' | 'and' = 'or'): string {
  if (list.length < 2) return list.join('');
  return `${list.slice(0, -1).join(', ')} ${last} ${list.at(-1)}`;
}
