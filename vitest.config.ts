import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    // Only a bound for what hangs: the machine may be busy, and nothing asserts how long it took.
    testTimeout: 30_000,
    hookTimeout: 30_000,
    // More than the default leaves idle: tests mostly wait for servers of their own.
    maxWorkers: 3,
    globalSetup: ['test/support/mongodb/globalSetup.ts'],
  },
});
