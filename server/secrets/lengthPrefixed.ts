/**
 * Several texts as one, such that no two different lists give the same: each
 * part is preceded by its length. What is signed, sealed or fingerprinted goes
 * through here, because ids may hold any character, separators included.
 */
export function bind(...parts: readonly string[]): string {
  let bound = '';
  for (const part of parts) bound += `${part.length}:${part}`;
  return bound;
}
