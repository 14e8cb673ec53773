import { contest, type Result } from '../contest.js';
import { writing as writingTo } from '../contestants.js';
import type { Engine } from '../engines.js';
import type { Effort } from '../options.js';
import { Child } from '../processes/child.js';
import { compared } from '../report.js';
import { LISTS, WRITES } from '../scenarios.js';
import { startTarget } from '../target.js';
import { bareEcho } from './bareEcho.js';
import { diagnosing, wantsDiagnosing } from './diagnosing.js';
import { listing, listingGroup } from './listing.js';
import { type SuiteContext, wanted } from './suite.js';

const GROWTH = { atMost: 1.2 };

/**
 * Calls that write, on one engine: against the least a Node service can cost,
 * and in a small store against a large one. All of it in the same rounds.
 */
export async function writing(engine: Engine, context: SuiteContext): Promise<void> {
  const { options, report, say } = context;
  const group = `${engine.name}, OTP_HASH=hmac, against a bare JSON echo of the same sizes`;
  const growth = `${engine.name}, OTP_HASH=hmac, cost in a large store against a small one`;
  const scenarios = wanted(WRITES, options, group);
  const isListing = wanted(LISTS, options, listingGroup(engine)).length > 0;
  if (scenarios.length === 0 && !isListing && !wantsDiagnosing(engine, context)) return;
  const effort = engine.scans ? small(options.effort) : options.effort;
  const goal = engine.scans ? undefined : GROWTH;
  const start = (sessions: number) => {
    say(`${engine.name}: a store with ${sessions} sessions`);
    return startTarget({ engine, sessions, hash: 'hmac', profile: options.profile });
  };
  const few = await start(effort.few);
  const many = await start(effort.many);
  const echo = new Child('./jsonEcho.js');

  for (const scenario of scenarios) {
    say(`${engine.name}: ${scenario.name}`);
    const { name } = scenario;
    const size = { calls: effort.writes, inFlight: effort.inFlight };
    const contestants = [
      writingTo(name, few, scenario, size),
      writingTo(`with ${effort.many} sessions`, many, scenario, size),
      await bareEcho(echo, few, scenario, options.effort),
    ];
    const [inFew, inMany, bare] = (await contest(contestants, effort.seconds)) as [Result, Result, Result];
    report.comparisons.push(
      compared(group, inFew, bare),
      compared(growth, { ...inFew, name: `${name}, ${effort.few} sessions` }, inMany, goal),
    );
  }
  await listing(engine, [few, many], effort, GROWTH, context);
  await diagnosing(engine, many, effort.many, context);
  for (const [target, sessions] of [
    [few, effort.few],
    [many, effort.many],
  ] as const) {
    const { peakRss } = await target.service.child.usage();
    report.values.push({
      name: `memory (RSS), most under load, ${engine.name}, ${sessions} sessions`,
      value: peakRss / 2 ** 20,
      unit: 'MiB',
    });
  }
  if (engine.scans) report.notes.push(`${engine.name}: ${engine.scans}, so its rows say little.`);
  await Promise.all([echo.stop(), few.stop(), many.stop()]);
}

/** For a server that reads every document on every update: more would take longer than a call may. */
const small = (effort: Effort): Effort => ({ ...effort, inFlight: 4, writes: 20, few: 50, many: 250 });
