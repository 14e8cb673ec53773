import { Tokenizer, TokenKind } from 'liquidjs';

/**
 * The part of Liquid that templates may use. Rendering runs on the thread that
 * serves every workspace, so nothing in it repeats, and nothing costs more than
 * the length of its input: no loops, no ranges, no regular expressions that
 * backtrack, no filter whose result can be much longer than what it was given.
 */
export const TAGS: ReadonlySet<string> = new Set([
  '#',
  'assign',
  'case',
  'comment',
  'echo',
  'if',
  'liquid',
  'raw',
  'unless',
]);

export const FILTERS: ReadonlySet<string> = new Set([
  'abs',
  'append',
  'at_least',
  'at_most',
  'capitalize',
  'ceil',
  'default',
  'divided_by',
  'downcase',
  'escape',
  'escape_once',
  'floor',
  'lstrip',
  'minus',
  'modulo',
  'newline_to_br',
  'plus',
  'prepend',
  'remove',
  'remove_first',
  'replace_first',
  'round',
  'size',
  'slice',
  'squish',
  'strip',
  'strip_newlines',
  'times',
  'truncate',
  'upcase',
  'url_encode',
]);

/** Operations of one part of a template. Nothing repeats, so they are counted in its text. */
export const MOST_OPERATIONS = 300;

const STRINGS = /"[^"]*"|'[^']*'/g;
const BETWEEN_WORDS = /[\s|,:=<>.[\](){}%-]+/;

/**
 * Throws for a template with more operations than are allowed, or with a range.
 * Every word between `{{` and `}}` or `{%` and `%}` counts as an operation.
 */
export function checkOperations(source: string): void {
  let operations = 0;
  for (const token of new Tokenizer(source).readTopLevelTokens()) {
    if (token.kind === TokenKind.HTML) continue;
    const code = token.getText().replace(STRINGS, ' text ');
    if (code.includes('..')) throw new Error('ranges are not supported');
    operations += code.split(BETWEEN_WORDS).filter(Boolean).length;
  }
  if (operations > MOST_OPERATIONS)
    throw new Error(`${operations} operations, more than the ${MOST_OPERATIONS} that are supported`);
}
