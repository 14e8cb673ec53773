/**
 * Several texts as one, such that no two different lists give the same: each
 * part is preceded by its length. What is signed, sealed or fingerprinted goes
 * through here, because ids may hold any character, separators included.
 */
export function lengthPrefixed(...parts: readonly string[]): string {
  let joined = '';
  for (const part of parts) joined += `${part.length}:${part}`;
  return joined;
}
