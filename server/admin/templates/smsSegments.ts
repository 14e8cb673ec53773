/** The default alphabet of 3GPP TS 23.038, without the escape that leads to its extension. */
const BASIC = new Set(
  '@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !"#¤%&\'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà',
);
/** Its extension: each of these takes two places. */
const EXTENSION = new Set('\f^{}\\[~]|€');

/** How a text message travels, and in how many parts. */
export interface SmsSegments {
  readonly encoding: 'GSM7' | 'UCS2';
  readonly segments: number;
}

/** Counts the parts of a text message: 160 or 70 places in a single one, 153 or 67 in each of several. */
export function smsSegments(text: string): SmsSegments {
  const characters = [...text];
  const gsm = characters.every((character) => BASIC.has(character) || EXTENSION.has(character));
  const places = characters.map((character) => (gsm ? (EXTENSION.has(character) ? 2 : 1) : character.length));
  const [single, several] = gsm ? [160, 153] : [70, 67];
  const encoding = gsm ? 'GSM7' : 'UCS2';
  if (places.reduce((sum, size) => sum + size, 0) <= single) return { encoding, segments: 1 };
  let segments = 1;
  let used = 0;
  // A character of two places is never split.
  for (const size of places) {
    if (used + size > several) {
      segments++;
      used = 0;
    }
    used += size;
  }
  return { encoding, segments };
}
