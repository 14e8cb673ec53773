export const MODES = ['live', 'test'] as const;

/**
 * Live sessions reach people; test sessions (the sandbox) reach no one and prove nothing.
 * Which of them a caller sees is `visibleTo` in principal.ts.
 */
export type Mode = (typeof MODES)[number];
