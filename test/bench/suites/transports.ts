import { contest, type Result } from '../contest.js';
import { writing as writingTo } from '../contestants.js';
import { embedded } from '../engines.js';
import { Child } from '../processes/child.js';
import { compared } from '../report.js';
import { startTarget } from '../target.js';
import { SPONSOR, scenariosOf } from '../transports.js';
import { bareEcho } from './bareEcho.js';
import { type SuiteContext, wanted } from './suite.js';

const GROUP = 'REST, embedded, OTP_HASH=hmac, against a bare JSON echo of the same sizes';

/** The documented APIs, each against the least a Node service can cost. */
export async function transports({ options, report, say }: SuiteContext): Promise<void> {
  const { effort, profile } = options;
  const scenarios = wanted(scenariosOf(effort.writes), options, GROUP);
  if (scenarios.length === 0) return;
  const target = await startTarget({ engine: embedded, sessions: effort.few, hash: 'hmac', profile });
  await target.seeder.sponsor(SPONSOR, effort.writes);
  const echo = new Child('./jsonEcho.js');
  for (const scenario of scenarios) {
    say(`REST: ${scenario.name}`);
    const contestants = [
      writingTo(scenario.name, target, scenario, { calls: effort.writes, inFlight: effort.inFlight }),
      await bareEcho(echo, target, scenario, effort),
    ];
    const [product, bare] = (await contest(contestants, effort.seconds)) as [Result, Result];
    report.comparisons.push(compared(GROUP, product, bare, scenario.goal));
  }
  await Promise.all([echo.stop(), target.stop()]);
}
