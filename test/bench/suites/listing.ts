import { contest, type Result } from '../contest.js';
import { childContestant } from '../contestants.js';
import type { Engine } from '../engines.js';
import { http1 } from '../load/http1.js';
import type { Effort } from '../options.js';
import { compared, type Goal } from '../report.js';
import { LISTS } from '../scenarios.js';
import { sampleResponse, type Target } from '../target.js';
import { type SuiteContext, wanted } from './suite.js';

export const listingGroup = ({ name }: Engine): string =>
  `${name}, pages of a large store against those of a small one`;

/** Pages of sessions, of a large store against those of a small one. */
export async function listing(
  engine: Engine,
  [few, many]: readonly [Target, Target],
  effort: Effort,
  goal: Goal,
  { options, report, say }: SuiteContext,
): Promise<void> {
  const group = listingGroup(engine);
  // One page takes such a server about as long as a call may.
  const { calls, inFlight } = engine.sorts
    ? { calls: 3, inFlight: 1 }
    : { calls: effort.writes, inFlight: Math.min(effort.inFlight, 8) };
  for (const scenario of wanted(LISTS, options, group)) {
    say(`${engine.name}: ${scenario.name}`);
    const of = async (target: Target, sessions: number) => {
      await target.seeder.clear();
      // One that a filter by its recipient finds.
      const [session] = await target.seeder.sessions(1);
      if (!session) throw new Error('no session was stored');
      await sampleResponse(target, scenario);
      const { child, port, apiKey } = target.service;
      const request = scenario.request(apiKey, session);
      return childContestant(`${scenario.name}, ${sessions} sessions`, child, http1, {
        port,
        requests: Array.from({ length: calls }, () => request),
        expect: scenario.expect,
        inFlight,
      });
    };
    const contestants = [await of(few, effort.few), await of(many, effort.many)];
    const [inFew, inMany] = (await contest(contestants, effort.seconds)) as [Result, Result];
    report.comparisons.push(compared(group, inFew, inMany, engine.sorts ? undefined : goal));
  }
  if (engine.sorts) report.notes.push(`${engine.name}: ${engine.sorts}, so its pages say little.`);
}
