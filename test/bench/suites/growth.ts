import { type Contestant, contest, type Result, ratioOf } from '../contest.js';
import { childContestant, writing } from '../contestants.js';
import { embedded } from '../engines.js';
import { http1 } from '../load/http1.js';
import { compared, type Goal } from '../report.js';
import { LISTS, type Scenario, WRITES } from '../scenarios.js';
import { startTarget, type Target } from '../target.js';
import type { SuiteContext } from './suite.js';

/** Of processor time: what a call costs must not depend on how much is stored. */
const GROWTH: Goal = { atMost: 1.15 };
const CALLS = WRITES.filter(({ name }) => name !== 'Send, sandbox');
const [FIRST_PAGE] = LISTS;
/** Pages that are asked for at once. */
const PAGES = 8;

/** The embedded store from a thousand sessions to a million. On request only: filling it takes minutes. */
export async function growth({ options, report, say }: SuiteContext): Promise<void> {
  if (options.only.toLowerCase() !== 'growth') return;
  const { effort, profile } = options;
  const group = 'embedded, OTP_HASH=hmac, growth of the store';
  const start = (sessions: number) => {
    say(`growth: a store with ${sessions} sessions`);
    return startTarget({ engine: embedded, sessions, hash: 'hmac', profile });
  };
  const few = await start(effort.few);
  const most = await start(effort.most);
  const stores = [
    [few, effort.few],
    [most, effort.most],
  ] as const;
  const size = { calls: effort.writes, inFlight: effort.inFlight };

  const run = async (name: string, contestants: readonly Contestant[]) => {
    say(`growth: ${name}`);
    const [inFew, inMost] = (await contest(contestants, effort.seconds)) as [Result, Result];
    report.comparisons.push(compared(group, inFew, inMost));
    report.values.push({
      name: `growth: ${name}, processor time with ${effort.most} sessions to that with ${effort.few}`,
      value: ratioOf(inMost, inFew, 'cpuMicros'),
      unit: 'times',
      goal: GROWTH,
    });
  };
  for (const scenario of CALLS) {
    await run(
      scenario.name,
      stores.map(([target, sessions]) => writing(`${scenario.name}, ${sessions}`, target, scenario, size)),
    );
  }
  if (FIRST_PAGE) {
    const pages = await Promise.all(
      stores.map(([target, sessions]) =>
        firstPages(`${FIRST_PAGE.name}, ${sessions}`, target, FIRST_PAGE, effort.writes),
      ),
    );
    await run(FIRST_PAGE.name, pages);
  }
  await Promise.all([few.stop(), most.stop()]);
}

async function firstPages(
  name: string,
  { service, seeder }: Target,
  { request, expect }: Scenario,
  calls: number,
): Promise<Contestant> {
  await seeder.clear();
  const [session] = await seeder.sessions(1);
  if (!session) throw new Error('no session was stored');
  const requests = Array.from({ length: calls }, () => request(service.apiKey, session));
  return childContestant(name, service.child, http1, {
    port: service.port,
    requests,
    expect,
    inFlight: PAGES,
  });
}
