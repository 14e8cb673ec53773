import { pathToString } from '@bufbuild/protobuf/reflect';
import { createValidator, type Violation } from '@bufbuild/protovalidate';
import type { Call } from '../call.js';
import { Failure } from '../errors.js';

// Every pattern is a constant of our own contract, so the platform's regular
// expressions are safe here and need no engine of their own.
const validator = createValidator({
  regexMatch: (pattern, against) => new RegExp(pattern, 'u').test(against),
});

/** Checks the request against the rules written in the contract. Throws INVALID_REQUEST naming every field at fault. */
export function validate(call: Call, request: never): void {
  const result = validator.validate(call.method.input, request);
  if (result.kind === 'valid') return;
  if (result.kind === 'error') throw result.error;
  throw new Failure('INVALID_REQUEST', { violations: result.violations.map(describe) });
}

function describe(violation: Violation) {
  return { field: pathToString(violation.field), description: violation.message };
}
