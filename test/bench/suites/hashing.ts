import { createSecretKey } from 'node:crypto';
import { availableParallelism } from 'node:os';
import { setTimeout as pause } from 'node:timers/promises';
import { systemRandom } from '../../../server/platform/random.js';
import { argon2Secret, hashArgon2 } from '../../../server/secrets/hashing/argon2Hash.js';
import { hashConcurrency } from '../../../server/secrets/hashing/hashPool.js';
import { type Contestant, contest, measure, medianOf, type Result } from '../contest.js';
import { writing } from '../contestants.js';
import { embedded } from '../engines.js';
import type { RawHashing } from '../processes/argon2.js';
import { Child } from '../processes/child.js';
import { compared, type Goal } from '../report.js';
import { HASHING } from '../scenarios.js';
import type { RunningService } from '../service.js';
import { startTarget } from '../target.js';
import { type SuiteContext, wanted } from './suite.js';

const GROUP = 'argon2id: Verify with the default hash, against the hash alone';

/** What the event loop may spend on a call that hashes, milliseconds: it is one for all, and there are several cores of hashes. */
const EVENT_LOOP: Goal = { atMost: 1.5 };
/** Between two looks at how many hashes run. */
const LOOK_MS = 50;

/** How close Verify is to what its hash allows, what the event loop does besides, and how many hashes run. */
export async function hashing({ options, report, say }: SuiteContext): Promise<void> {
  const scenarios = wanted(HASHING, options, GROUP);
  if (scenarios.length === 0) return;
  const { effort, profile } = options;
  const target = await startTarget({ engine: embedded, sessions: 0, hash: 'argon2id', profile });
  const child = new Child('./argon2.js');
  const work = await rawHashing(effort.hashes);
  const alone: Contestant = {
    name: 'the hash alone',
    round: () => measure(child, effort.hashes, () => child.ask('hash', work)),
  };
  for (const scenario of scenarios) {
    say(`argon2id: ${scenario.name}`);
    const size = { calls: effort.hashes, inFlight: effort.inFlight };
    const contestants = [writing(scenario.name, target, scenario, size), alone];
    const [verify, hash] = (await contest(contestants, effort.seconds)) as [Result, Result];
    report.comparisons.push(compared(GROUP, verify, hash, { atLeast: 0.95 }));
    const mainMs = medianOf(verify, 'mainMicros') / 1000;
    if (!Number.isNaN(mainMs)) {
      report.values.push({
        name: `argon2id: event loop a call, ${scenario.name}`,
        value: mainMs,
        unit: 'ms',
        goal: EVENT_LOOP,
      });
    }
    const inFlight = await hashesInFlight(target.service, () =>
      writing(scenario.name, target, scenario, size).round(),
    );
    report.values.push({
      name: `argon2id: hashes in flight, ${scenario.name} (the hash alone: ${work.inFlight})`,
      value: inFlight,
      unit: 'hashes',
    });
  }
  await Promise.all([child.stop(), target.stop()]);
}

/** A hash made as the service makes it, verified as many at once as the service does. */
async function rawHashing(times: number): Promise<RawHashing> {
  const pepper = createSecretKey(systemRandom.bytes(32));
  const [code, context] = ['123456', 'bench'];
  return {
    phc: await hashArgon2(code, context, pepper, systemRandom),
    code,
    secret: argon2Secret(pepper, context).toString('base64'),
    times,
    inFlight: hashConcurrency(availableParallelism()),
  };
}

/** How many hashes run while calls are made, by the service's own gauge: the mean of the looks at it. */
async function hashesInFlight({ port }: RunningService, calls: () => Promise<unknown>): Promise<number> {
  const looks: number[] = [];
  let isDone = false;
  const done = calls().finally(() => {
    isDone = true;
  });
  while (!isDone) {
    const text = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
    looks.push(Number(/^countersign_hash_running (\d+)/m.exec(text)?.[1]));
    await pause(LOOK_MS);
  }
  await done;
  return looks.reduce((sum, look) => sum + look, 0) / looks.length;
}
