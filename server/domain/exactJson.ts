/**
 * JSON that comes back as it was sent. JavaScript rounds numbers beyond 2^53,
 * so the text of such a value is kept beside it.
 */
const texts = new WeakMap<object, string>();

/** Remembers the JSON text that a value was read from. */
export function withJsonText<T extends object>(value: T, text: string): T {
  texts.set(value, text);
  return value;
}

/** The JSON text that a value was read from; undefined where it was made in another way. */
export const jsonTextOf = (value: object): string | undefined => texts.get(value);

/** A value as JSON: by its own text where that is known. */
export const exactJson = (value: object): string => texts.get(value) ?? JSON.stringify(value);

/** Reads JSON of which the text is known to be valid, and remembers it. */
export const readExactJson = (text: string): object => withJsonText(JSON.parse(text) as object, text);

const TOKEN = /"(?:[^"\\]|\\.)*"|[[\]{},:]|[^\s"[\]{},:]+/gs;

/** The tokens of valid JSON, in order. */
export const jsonTokens = (text: string): readonly string[] => text.match(TOKEN) ?? [];

/** Valid JSON without white space between its tokens; everything else stays as it is. */
export const compactJson = (text: string): string => jsonTokens(text).join('');

/** The JSON text of a member of an object, the last of that name as JSON.parse takes it. The text must be valid. */
export function memberText(object: string, name: string): string | undefined {
  let found: string | undefined;
  let depth = 0;
  let start = -1;
  let key = '';
  let previous = '';
  let previousAt = 0;
  for (const { 0: token, index } of object.matchAll(TOKEN)) {
    if (depth === 1 && token === ':' && start < 0) {
      key = JSON.parse(previous) as string;
      start = index + 1;
    } else if (depth === 1 && start >= 0 && (token === ',' || token === '}')) {
      if (key === name) found = object.slice(start, previousAt + previous.length).trim();
      start = -1;
    }
    if (token === '{' || token === '[') depth++;
    else if (token === '}' || token === ']') depth--;
    previous = token;
    previousAt = index;
  }
  return found;
}

/** Holds the place of a value whose JSON is put in afterwards. Random for each process, so that no caller can write one. */
const MARK = crypto.randomUUID();
const MARKED = new RegExp(`"${MARK}:(\\d+)"`, 'g');
let pending: string[] = [];

/** A value that `stringifyExact` writes as the JSON text it was read from. */
export const verbatim = (value: object): { toJSON(): unknown } => ({
  toJSON: () => {
    const text = texts.get(value);
    return text === undefined ? value : `${MARK}:${pending.push(text) - 1}`;
  },
});

/** JSON.stringify that writes verbatim values as they were read. */
export function stringifyExact(value: unknown): string {
  pending = [];
  const text = JSON.stringify(value);
  if (pending.length === 0) return text;
  const parts = pending;
  pending = [];
  return text.replace(MARKED, (_, index: string) => parts[Number(index)] ?? 'null');
}
