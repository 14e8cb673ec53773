import { createSecretKey } from 'node:crypto';
import { availableParallelism } from 'node:os';
import { systemRandom } from '../../../server/platform/random.js';
import { argon2Secret, hashArgon2 } from '../../../server/secrets/hashing/argon2Hash.js';
import { hashConcurrency } from '../../../server/secrets/hashing/hashPool.js';
import { type Contestant, contest, measure, type Result } from '../contest.js';
import { writing } from '../contestants.js';
import { embedded } from '../engines.js';
import type { RawHashing } from '../processes/argon2.js';
import { Child } from '../processes/child.js';
import { compared } from '../report.js';
import { HASHING } from '../scenarios.js';
import { startTarget } from '../target.js';
import { type SuiteContext, wanted } from './suite.js';

const GROUP = 'argon2id: Verify with the default hash, against the hash alone';

/** How close Verify is to what its hash allows. */
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
