import { contest, type Result } from '../contest.js';
import { answering } from '../contestants.js';
import type { Engine } from '../engines.js';
import { http1 } from '../load/http1.js';
import type { Effort } from '../options.js';
import { compared, type Goal } from '../report.js';
import { LISTS } from '../scenarios.js';
import { sampleAnswer, type Target } from '../target.js';
import { type SuiteContext, wanted } from './suite.js';

export const listingGroup = ({ name }: Engine): string =>
  `${name}, pages of a large store against those of a small one`;

/** Pages of sessions, of a large store against those of a small one. */
export async function listing(
  engine: Engine,
  [few, many]: readonly [Target, Target],
  effort: Effort,
  goal: Goal | undefined,
  { options, report, say }: SuiteContext,
): Promise<void> {
  const group = listingGroup(engine);
  for (const scenario of wanted(LISTS, options, group)) {
    say(`${engine.name}: ${scenario.name}`);
    const of = async (target: Target, sessions: number) => {
      await target.seeder.clear();
      // One that a filter by its recipient finds.
      const [session] = await target.seeder.sessions(1);
      if (!session) throw new Error('no session was stored');
      await sampleAnswer(target, scenario);
      const { child, port, apiKey } = target.service;
      const request = scenario.request(apiKey, session);
      return answering(`${scenario.name}, ${sessions} sessions`, child, http1, {
        port,
        requests: Array.from({ length: effort.writes }, () => request),
        expect: scenario.expect,
        inFlight: Math.min(effort.inFlight, 8),
      });
    };
    const contestants = [await of(few, effort.few), await of(many, effort.many)];
    const [inFew, inMany] = (await contest(contestants, effort.seconds)) as [Result, Result];
    report.comparisons.push(compared(group, inFew, inMany, goal));
  }
}
