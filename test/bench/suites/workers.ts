import { contest, type Result } from '../contest.js';
import { writing } from '../contestants.js';
import { type Engine, embedded } from '../engines.js';
import { compared } from '../report.js';
import { type Scenario, WRITES } from '../scenarios.js';
import { startTarget } from '../target.js';
import type { SuiteContext } from './suite.js';

const WORKERS = 2;
/** Without what happens after the response: how fast the port responds. */
const CALLS = WRITES.filter(({ leaves, name }) => !leaves || name.startsWith('Verify'));

/** Two processes on one port against one. */
export async function workers(engine: Engine, { options, report, say }: SuiteContext): Promise<void> {
  if (process.platform !== 'linux' || !'workers'.includes(options.only.toLowerCase())) return;
  const { effort, profile } = options;
  const { writes, inFlight } = engine.scans ? { writes: 20, inFlight: 4 } : effort;
  for (const hash of engine === embedded ? (['hmac', 'argon2id'] as const) : (['hmac'] as const)) {
    const start = (count: number) => startTarget({ engine, sessions: 0, hash, profile, workers: count });
    const [one, two] = [await start(1), await start(WORKERS)];
    const group = `${engine.name}, OTP_HASH=${hash}, workers: ${WORKERS} processes on one port against one`;
    const calls = hash === 'hmac' ? writes : effort.hashes;
    for (const scenario of CALLS) {
      say(`workers, ${engine.name}, ${hash}: ${scenario.name}`);
      const size = { calls, inFlight };
      const of = (scene: Scenario, count: number, target: typeof one) =>
        writing(`${scene.name}, ${count}`, target, scene, size);
      const contestants = [of(scenario, WORKERS, two), of(scenario, 1, one)];
      const [inTwo, inOne] = (await contest(contestants, effort.seconds)) as [Result, Result];
      report.comparisons.push(compared(group, inTwo, inOne));
    }
    await Promise.all([one.stop(), two.stop()]);
  }
}
