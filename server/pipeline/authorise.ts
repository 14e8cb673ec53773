import { type DescMethod, getOption } from '@bufbuild/protobuf';
import { MethodOptions_IdempotencyLevel } from '@bufbuild/protobuf/wkt';
import { type Access, access } from '../../gen/otp/v1/access_pb.js';
import type { Call } from '../call/call.js';
import { Failure } from '../errors.js';

/** Enforces the access rule that the contract attaches to the method. Throws PERMISSION_DENIED. */
export function authorise({ method, principal }: Call): void {
  const { anyScope, sessionToken, inboxToken } = ruleOf(method);
  if (principal.sessionId !== undefined) {
    if (!sessionToken) throw new Failure('PERMISSION_DENIED');
    return;
  }
  if (principal.opensInbox) {
    if (!inboxToken) throw new Failure('PERMISSION_DENIED');
    return;
  }
  // "Any valid credential" is not what the rule of such a method means by no scopes.
  if (inboxToken && anyScope.length === 0) {
    throw new Failure('PERMISSION_DENIED', { message: 'Only the inbox token may call this method.' });
  }
  if (anyScope.length > 0 && !anyScope.some((scope) => principal.scopes.has(scope))) {
    throw new Failure('PERMISSION_DENIED', {
      message: `The credential lacks the scope ${anyScope.join(' or ')}.`,
    });
  }
  if (principal.readOnly && method.idempotency !== MethodOptions_IdempotencyLevel.NO_SIDE_EFFECTS) {
    throw new Failure('PERMISSION_DENIED', { message: 'The credential is read-only.' });
  }
}

const rules = new WeakMap<DescMethod, Access>();

/** Reading an option decodes it each time, so each is read once. */
function ruleOf(method: DescMethod): Access {
  let rule = rules.get(method);
  if (!rule) {
    rule = getOption(method, access);
    rules.set(method, rule);
  }
  return rule;
}
