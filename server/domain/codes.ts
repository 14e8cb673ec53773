/**
 * A code as a person typed, pasted or dictated it, as it is compared: digits of
 * any script are read as 0 to 9; spaces, dashes and invisible characters are
 * dropped. Anything else stays, so a text with letters is a wrong code. Empty
 * where nothing is left: no code was given.
 */
export function readCode(text: string): string {
  // Most codes are plain digits, and the rules below go through each of them.
  if (PLAIN.test(text)) return text;
  // NFKC turns full-width, superscript and other styled digits into 0 to 9.
  return text
    .normalize('NFKC')
    .replace(IGNORED, '')
    .replace(/\p{Nd}/gu, digit);
}

const PLAIN = /^[0-9]+$/;

/**
 * White space, control characters, dashes (the minus sign is none to Unicode),
 * what is not displayed, such as direction marks, and the marks of keycaps.
 */
const IGNORED =
  /[\p{White_Space}\p{Cc}\p{Cf}\p{Default_Ignorable_Code_Point}\p{Pd}\u02d7\u2212\u2800]|\u20e3/gu;

/** Unicode keeps the ten digits of a script together, 0 first, so its value is its place in their row. */
function digit(character: string): string {
  const point = character.codePointAt(0) as number;
  let zero = point;
  while (/\p{Nd}/u.test(String.fromCodePoint(zero - 1))) zero--;
  return String((point - zero) % 10);
}
