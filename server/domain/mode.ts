/** Live sessions reach people; test sessions (the sandbox) reach nobody and prove nothing. */
export type Mode = 'live' | 'test';
