import { getOption } from '@bufbuild/protobuf';
import { access } from '../../gen/otp/v1/access_pb.js';
import type { Call } from '../call.js';
import { Failure } from '../errors.js';

/** Enforces the access rule that the contract attaches to the method. Throws PERMISSION_DENIED. */
export function authorise({ method, principal }: Call): void {
  const { anyScope, sessionToken } = getOption(method, access);
  if (principal.sessionId !== undefined) {
    if (!sessionToken) throw new Failure('PERMISSION_DENIED');
    return;
  }
  if (anyScope.length > 0 && !anyScope.some((scope) => principal.scopes.has(scope))) {
    throw new Failure('PERMISSION_DENIED', {
      message: `The credential lacks the scope ${anyScope.join(' or ')}.`,
    });
  }
}
