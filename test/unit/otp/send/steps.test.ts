import { describe, expect, it } from 'vitest';
import type { BegunSend } from '../../../../server/otp/send/context.js';
import type { SendSteps } from '../../../../server/otp/send/steps.js';
import { openSession } from '../../../../server/otp/send.js';
import type { StoredSession } from '../../../../server/session/stored.js';

/** The order of a Send. A new step has to be put here, and its reason into SendSteps. */
const ORDER = [
  'claimRequest',
  'resolveRecipients',
  'parseOptions',
  'identifyRecipients',
  'requireProviders',
  'refuseScenario',
  'findReusable',
  'enterHashPool',
  'admit',
  'makeCodes',
  'debit',
  'insertSession',
] as const satisfies readonly (keyof SendSteps)[];

/** Steps that take something, and give it back when a later one refuses. */
const TAKING: readonly (keyof SendSteps)[] = ['claimRequest', 'findReusable', 'admit'];
const SESSION = { _id: 'acme/1' } as StoredSession;
const refusal = new Error('refused');

/** Runs a Send whose steps do nothing but record themselves; `last` refuses, or ends the Send early with a session. */
async function run(last?: keyof SendSteps, ends: 'refuses' | 'finds a session' = 'refuses', failing = '') {
  const log: string[] = [];
  const undo: BegunSend['undo'] = [];
  const fake = (name: keyof SendSteps) => (send: Partial<BegunSend>) => {
    log.push(name);
    if (name === last && ends === 'refuses') throw refusal;
    if (name === last && name === 'claimRequest') return { earlier: SESSION };
    if (name === last && name === 'findReusable') return SESSION;
    if (TAKING.includes(name)) {
      undo.push(async () => {
        log.push(`gives back ${name}`);
        if (name === failing) throw new Error(`cannot give back ${name}`);
      });
    }
    if (name === 'insertSession') return SESSION;
    if (name === 'findReusable') return undefined;
    return { ...send, slot: { leave: () => log.push('leaves the pool') } };
  };
  const steps = Object.fromEntries(ORDER.map((name) => [name, fake(name)])) as unknown as SendSteps;
  const outcome = await openSession(steps, { undo } as unknown as BegunSend, () => {}).catch(
    (error: Error) => error,
  );
  return { log, outcome };
}

/** What is given back, in this order, when `step` refuses. */
const given = (step: (typeof ORDER)[number]): string[] => {
  const before = ORDER.slice(0, ORDER.indexOf(step));
  return [
    ...(before.includes('enterHashPool') ? ['leaves the pool'] : []),
    ...TAKING.filter((name) => before.some((one) => one === name))
      .map((name) => `gives back ${name}`)
      .reverse(),
  ];
};

describe('the steps of a Send', () => {
  it('run in their order, and give nothing back once the session is stored', async () => {
    const { log, outcome } = await run();
    expect(log).toEqual([...ORDER, 'leaves the pool']);
    expect(outcome).toEqual({ session: SESSION, reused: false });
  });

  it.each(ORDER)(
    'none runs after %s has refused, and what was taken is given back, newest first',
    async (step) => {
      const { log, outcome } = await run(step);
      expect(log).toEqual([...ORDER.slice(0, ORDER.indexOf(step) + 1), ...given(step)]);
      expect(outcome).toBe(refusal);
    },
  );

  it('none runs for a request that has its session', async () => {
    const { log, outcome } = await run('claimRequest', 'finds a session');
    expect(log).toEqual(['claimRequest']);
    expect(outcome).toEqual({ session: SESSION, reused: false });
  });

  it('none runs after an open session was found to reuse, and the request id is released', async () => {
    const { log, outcome } = await run('findReusable', 'finds a session');
    expect(log).toEqual([...ORDER.slice(0, ORDER.indexOf('findReusable') + 1), 'gives back claimRequest']);
    expect(outcome).toEqual({ session: SESSION, reused: true });
  });

  it('give the rest back where one thing cannot be given back, and report that', async () => {
    const { log, outcome } = await run('debit', 'refuses', 'admit');
    expect(log.slice(-4)).toEqual(['leaves the pool', ...given('debit').slice(1)]);
    expect(outcome).toMatchObject({ message: 'cannot give back admit' });
  });
});
