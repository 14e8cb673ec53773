import type { DescMessage, MessageShape } from '@bufbuild/protobuf';
import { pathToString } from '@bufbuild/protobuf/reflect';
import { createValidator, type Violation } from '@bufbuild/protovalidate';
import { Failure, type Predicate, predicate } from '../errors.js';
import { createBoundedMap } from '../platform/boundedMap.js';
import { invalidWellKnownValues } from './checkWellKnownTypes.js';
import { contractSet } from './contractSet.js';

// Every pattern is a constant of the contract, so the platform's regular
// expressions are safe here; there are fewer patterns than this cache holds.
const patterns = createBoundedMap<string, RegExp>(500);

function compiled(pattern: string): RegExp {
  const known = patterns.get(pattern);
  if (known) return known;
  const fresh = new RegExp(pattern, 'u');
  patterns.set(pattern, fresh);
  return fresh;
}

const validator = createValidator({
  regexMatch: (pattern, against) => compiled(pattern).test(against),
});

const twins = new Map<DescMessage, DescMessage>();

/** The same message type as the contract set has it, with its rules. */
function withRules(schema: DescMessage): DescMessage {
  let twin = twins.get(schema);
  if (!twin) {
    twin = contractSet.getMessage(schema.typeName);
    if (!twin) throw new Error(`${schema.typeName} is not in the contract set: run npm run generate`);
    twins.set(schema, twin);
  }
  return twin;
}

/**
 * Checks a message against the rules written in the contract. Throws
 * INVALID_REQUEST with every invalid field, each path after `prefix`.
 */
export function checkRules<D extends DescMessage>(schema: D, message: MessageShape<D>, prefix = ''): void {
  const invalid = [...invalidWellKnownValues(schema, message, prefix)];
  if (invalid.length > 0) throw new Failure('INVALID_REQUEST', { violations: invalid });
  const result = validator.validate(withRules(schema), message);
  if (result.kind === 'valid') return;
  if (result.kind === 'error') throw result.error;
  throw new Failure('INVALID_REQUEST', {
    violations: result.violations.map(({ field, ruleId, message }: Violation) => ({
      field: prefix + pathToString(field),
      description: WORDS[ruleId] ?? predicate(message),
    })),
  });
}

/** Replacements for the library's messages that mention its own rules or quote a pattern. */
const WORDS: Readonly<Record<string, Predicate>> = {
  required: 'is required',
  'repeated.unique': 'must not name anything twice',
  'string.pattern': 'has the wrong form',
};
