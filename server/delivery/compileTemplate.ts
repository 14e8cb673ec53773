/** The variables that only templates for a transaction have. */
export interface TransactionVariables {
  readonly amount: string;
  readonly currency: string;
  readonly payee: string;
  /** The end of the account; empty where none is known. */
  readonly account: string;
}

/** The variables of a template. */
export interface Variables extends Partial<TransactionVariables> {
  readonly code: string;
  readonly brand: string;
  /** Whole minutes until the code expires, at least 1. */
  readonly minutes: number;
}

/** A template as a function of its variables. */
export type Compiled = (variables: Variables) => string;

const VALUE = String.raw`\{\{\s*(code|brand|minutes|amount|currency|payee|account)\s*\}\}`;
const PLURAL = String.raw`\{%\s*if minutes == 1\s*%\}([^{}]*)\{%\s*else\s*%\}([^{}]*)\{%\s*endif\s*%\}`;
const OPTIONAL = String.raw`\{%\s*if account != "" %\}([^{}]*)\{\{ account \}\}([^{}]*)\{% endif %\}`;
const PIECES = new RegExp(`${VALUE}|${PLURAL}|${OPTIONAL}`, 'g');

/**
 * Compiles a template that only names its variables, distinguishes one minute
 * from several, and shows an account where there is one: all built-in ones, and
 * most others. Undefined for the
 * rest, which Liquid renders.
 */
export function compileTemplate(
  source: string,
  escapeValue: (value: string) => string,
): Compiled | undefined {
  const pieces: Compiled[] = [];
  let end = 0;
  const literal = (text: string) => {
    pieces.push(() => text);
    return !text.includes('{{') && !text.includes('{%');
  };
  for (const match of source.matchAll(PIECES)) {
    if (!literal(source.slice(end, match.index))) return undefined;
    const [whole, name, one, many, before, after] = match;
    if (name) pieces.push((variables) => escapeValue(String(variables[name as keyof Variables])));
    else if (one !== undefined) pieces.push(({ minutes }) => (minutes === 1 ? one : many!));
    else pieces.push(({ account }) => (account ? `${before}${escapeValue(account)}${after}` : ''));
    end = match.index + whole.length;
  }
  if (!literal(source.slice(end))) return undefined;
  return (variables) => pieces.map((piece) => piece(variables)).join('');
}

const ESCAPED: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&#34;',
  "'": '&#39;',
};

/** For HTML, as Liquid does it. */
export const escapeHtml = (value: string): string =>
  value.replace(/[&<>"']/g, (character) => ESCAPED[character]!);
