import type { z } from 'zod';
import { Failure, type FieldViolation, type Predicate, predicate } from '../errors.js';

/**
 * Reads a JSON value as a shape. Throws INVALID_REQUEST naming every field at
 * fault; says what was expected, never what was given: that may be a code.
 */
export function readShape<S extends z.ZodType>(shape: S, value: unknown): z.output<S> {
  const result = parse(shape, value);
  if (result.success) return result.data;
  throw new Failure('INVALID_REQUEST', { violations: firstOfEach(result.error.issues.map(describe)) });
}

function parse<S extends z.ZodType>(shape: S, value: unknown) {
  try {
    return shape.safeParse(value);
  } catch (thrown) {
    // The library compares the length of any value in a text's place, and that
    // of {"length": {"toString": 1}} cannot be compared with anything.
    if (thrown instanceof TypeError)
      throw new Failure('INVALID_REQUEST', { message: 'The request has the wrong form.' });
    throw thrown;
  }
}

/** What is no list is not too long a list as well: the first thing wrong with a field is the one to say. */
function firstOfEach(violations: readonly FieldViolation[]): FieldViolation[] {
  const named = new Set<string>();
  return violations.filter(({ field }) => !named.has(field) && named.add(field));
}

type Issue = z.core.$ZodIssue;

function describe(issue: Issue): FieldViolation {
  return { field: pathOf(issue), description: expectation(issue) };
}

/** A path as the contract spells it, such as `channels[0]`. */
const pathOf = ({ path }: Issue): string =>
  path
    .map((part, at) => (typeof part === 'number' ? `[${part}]` : `${at ? '.' : ''}${String(part)}`))
    .join('');

function expectation(issue: Issue): Predicate {
  switch (issue.code) {
    case 'invalid_type':
      // The library keeps no value in an issue, only says in words that there was none.
      return issue.message.endsWith('received undefined')
        ? 'is required'
        : `must be ${article(JSON_TYPES[issue.expected] ?? issue.expected)}`;
    case 'too_small':
      return issue.minimum === 1 && (issue.origin === 'string' || issue.origin === 'array')
        ? 'must not be empty'
        : `must be at least ${issue.minimum}${unit(issue.origin)}`;
    case 'too_big':
      return `must be at most ${issue.maximum}${unit(issue.origin)}`;
    case 'invalid_value':
      return `must be one of ${issue.values.join(', ')}`;
    case 'custom':
      return predicate(issue.message);
    case 'invalid_format':
      // The library's own message quotes the pattern; a shape that has a better one says so.
      return predicate(issue.message);
    default:
      return 'has the wrong form';
  }
}

/** Where the library has a word of its own for what JSON calls otherwise. */
const JSON_TYPES: Readonly<Record<string, string>> = { record: 'object', int: 'whole number' };

const article = (type: string): string => (/^[aeiou]/.test(type) ? `an ${type}` : `a ${type}`);

const unit = (origin: string): string =>
  origin === 'string' ? ' characters long' : origin === 'array' ? ' entries' : '';
