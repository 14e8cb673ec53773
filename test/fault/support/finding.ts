/** Something that must not be found where it does not belong. */
export interface Secret {
  /** For the report: the value itself is in the test's hands. */
  readonly kind: string;
  readonly value: string;
}

const CODE = /^\d{4,8}$/;

/** Where which secrets are found, as they are or encoded; empty when nowhere. */
export function findings(
  secrets: Iterable<Secret>,
  places: Readonly<Record<string, Uint8Array | string>>,
): string[] {
  const found = new Set<string>();
  const texts = Object.entries(places).map(([place, content]) => {
    const text = typeof content === 'string' ? content : Buffer.from(content).toString('latin1');
    return { place, text, lower: text.toLowerCase() };
  });
  for (const { kind, value } of secrets) {
    for (const { form, needle, folded } of formsOf(value)) {
      for (const { place, text, lower } of texts) {
        const at = typeof needle === 'string' ? (folded ? lower : text).indexOf(needle) : text.search(needle);
        if (at >= 0)
          found.add(`${kind} (${form}) in ${place}: …${text.slice(Math.max(0, at - 60), at + 60)}…`);
      }
    }
  }
  return [...found];
}

interface Form {
  readonly form: string;
  readonly needle: string | RegExp;
  /** In any case of its letters. */
  readonly folded?: true;
}

function formsOf(value: string): Form[] {
  const bytes = Buffer.from(value, 'utf8');
  const hex: Form = { form: 'hex', needle: bytes.toString('hex'), folded: true };
  // Any long number contains a few digits: a code stands alone.
  if (CODE.test(value)) {
    return [{ form: 'as it is', needle: new RegExp(`(?<![0-9A-Za-z])${value}(?![0-9A-Za-z])`) }, hex];
  }
  return [
    { form: 'as it is', needle: bytes.toString('latin1').toLowerCase(), folded: true },
    hex,
    ...[0, 1, 2].flatMap((offset) => base64At(bytes, offset)),
  ];
}

/** The part of a text's base64 that does not depend on what comes before and after it, when it begins at this offset in a group of three. */
function base64At(bytes: Buffer, offset: number): Form[] {
  const padded = Buffer.concat([Buffer.alloc(offset), bytes]);
  const whole = padded.subarray(0, padded.length - (padded.length % 3)).toString('base64');
  const needle = whole.slice(offset === 0 ? 0 : 4);
  if (needle.length < 10) return [];
  const url = needle.replaceAll('+', '-').replaceAll('/', '_');
  return [
    { form: 'base64', needle },
    { form: 'base64url', needle: url },
  ];
}
