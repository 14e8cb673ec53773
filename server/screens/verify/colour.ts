/** Used where the workspace has no colour of its own. */
const DEFAULT = '#3243c4';

/** The colour of a page, and of text on it: black or white, whichever contrasts more, which is 4.5 to 1 or better. */
export function brandColours(given: string): { readonly brand: string; readonly on: string } {
  const brand = /^#[0-9a-f]{6}$/.test(given) ? given : DEFAULT;
  const light = luminance(brand);
  return { brand, on: 1.05 / (light + 0.05) >= (light + 0.05) / 0.05 ? '#ffffff' : '#000000' };
}

/** WCAG 2.2, "relative luminance". */
function luminance(colour: string): number {
  const [red = 0, green = 0, blue = 0] = [1, 3, 5]
    .map((at) => Number.parseInt(colour.slice(at, at + 2), 16) / 255)
    .map((part) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4));
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}
