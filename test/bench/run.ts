import { loadavg } from 'node:os';
import { against } from './against/against.js';
import { embedded, mongodb } from './engines.js';
import { keepRun } from './figures.js';
import { type Options, readOptions, USAGE } from './options.js';
import { emptyReport, print, type Report } from './report.js';
import { fairness } from './suites/fairness.js';
import { growth } from './suites/growth.js';
import { hashing } from './suites/hashing.js';
import { reading } from './suites/reading.js';
import { starting } from './suites/starting.js';
import type { SuiteContext } from './suites/suite.js';
import { transports } from './suites/transports.js';
import { workers } from './suites/workers.js';
import { writing } from './suites/writing.js';

/**
 * The bench: everything that is compared is measured in this one run, in turn,
 * and reported as ratios. An unexpected response ends it.
 */
async function main(): Promise<void> {
  const options = readOptions(process.argv.slice(2));
  if (!options) {
    process.stdout.write(USAGE);
    return;
  }
  const report = emptyReport();
  const [load = 0] = loadavg();
  if (load > 1)
    report.notes.push(
      `The machine was busy before the bench began (load ${load.toFixed(1)}): measure again.`,
    );
  const startedAt = performance.now();
  const say = (what: string) => {
    const seconds = ((performance.now() - startedAt) / 1000).toFixed(0);
    process.stderr.write(`${seconds.padStart(4)} s  ${what}\n`);
  };
  if (options.against !== undefined) return against(options.against, options, say);
  const context: SuiteContext = { options, report, say };

  try {
    if (!options.only) await starting(context);
    await hashing(context);
    await reading(context);
    await transports(context);
    await growth(context);
    await fairness(embedded, context);
    await workers(embedded, context);
    await writing(embedded, context);
    const engine = await mongodb(say);
    if (engine) {
      await fairness(engine, context);
      await workers(engine, context);
      await writing(engine, context);
      await engine.stop();
    } else report.notes.push('No MongoDB was found: nothing was measured on it.');
  } finally {
    // What was measured before something failed counts all the same.
    await publish(report, options);
  }
}

async function publish(report: Report, { json, only }: Options): Promise<void> {
  process.stdout.write(`\n${print(report)}\n`);
  if (json) await keepRun(json, only || 'all', report);
}

main().then(
  () => process.exit(0),
  (error) => {
    process.stderr.write(`the bench failed: ${(error as Error).stack ?? error}\n`);
    process.exit(1);
  },
);
