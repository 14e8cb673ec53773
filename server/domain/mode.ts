export const MODES = ['live', 'test'] as const;

/** Live sessions reach people; test sessions (the sandbox) reach no one and prove nothing. */
export type Mode = (typeof MODES)[number];
