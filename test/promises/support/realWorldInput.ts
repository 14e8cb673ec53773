/** Behaviour with input that bug reports of this field describe and the documents leave open, by id. */
export const REAL_WORLD_INPUT = {
  K2: 'A code is read as people write it: digits of any script, with spaces, dashes or invisible marks. Nothing left of it is no code, and no attempt.',
} as const;
