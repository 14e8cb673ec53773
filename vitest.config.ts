import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    // Only a bound for what hangs: the machine may be busy, and nothing asserts how long it took.
    testTimeout: 300_000,
    hookTimeout: 300_000,
    // Only in .ci/run: a test that passed on its second try is marked in the report.
    retry: Number(process.env.TEST_RETRIES ?? 0),
    // Half of the time would go into loading the same modules again for every file. Nothing keeps state in them
    // that a test relies on; what a file starts it stops.
    isolate: false,
    // One less than the cores is too few of two: tests mostly wait for servers of their own.
    maxWorkers: 2,
    setupFiles: ['test/support/propertySeed.ts'],
    globalSetup: ['test/support/mongodb/globalSetup.ts'],
  },
});
