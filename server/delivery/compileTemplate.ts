/** The variables of a template. */
export interface Variables {
  readonly code: string;
  readonly brand: string;
  /** Whole minutes until the code expires, at least 1. */
  readonly minutes: number;
}

/** A template as a function of its variables. */
export type Compiled = (variables: Variables) => string;

const VALUE = String.raw`\{\{\s*(code|brand|minutes)\s*\}\}`;
const PLURAL = String.raw`\{%\s*if minutes == 1\s*%\}([^{}]*)\{%\s*else\s*%\}([^{}]*)\{%\s*endif\s*%\}`;
const PIECES = new RegExp(`${VALUE}|${PLURAL}`, 'g');

/**
 * Compiles a template that only names its variables, and distinguishes one
 * minute from several: all built-in ones, and most others. Undefined for the
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
    const [whole, name, one = '', many = ''] = match;
    pieces.push(
      name
        ? (variables) => escapeValue(String(variables[name as keyof Variables]))
        : ({ minutes }) => (minutes === 1 ? one : many),
    );
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
