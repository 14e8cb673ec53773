import { describe, expect, it } from 'vitest';
import { healthRoutes, type Readiness } from '../../../server/http/health.js';
import { createRouter } from '../../../server/http/router.js';
import { systemClock } from '../../../server/platform/clock.js';
import { http1 } from './support/clients.js';
import { serving, signal } from './support/serving.js';

type State = ReturnType<Readiness['state']>;

async function restApi(state: () => State, check: () => Promise<unknown> = async () => {}, limitMs = 60_000) {
  const { port } = await serving(
    createRouter(healthRoutes({ state, check, details: () => [] }, systemClock, limitMs)),
  );
  return async (path: string, method = 'GET') => {
    const { status, body } = await http1(port, path, { method });
    return [status, body && JSON.parse(body).status];
  };
}

describe('health', () => {
  it.each<State>(['starting', 'ready', 'stopping'])(
    'says that the process lives while %s, without asking the store',
    async (state) => {
      const ask = await restApi(
        () => state,
        () => Promise.reject(new Error('asked')),
      );
      expect(await ask('/healthz')).toEqual([200, 'alive']);
      expect(await ask('/healthz', 'HEAD')).toEqual([200, '']);
    },
  );
});

describe('readiness', () => {
  it.each<[State, number]>([
    ['starting', 503],
    ['ready', 200],
    ['stopping', 503],
  ])('while %s is %i', async (state, status) => {
    const ask = await restApi(() => state);
    expect(await ask('/readyz')).toEqual([status, state]);
    expect(await ask('/readyz', 'HEAD')).toEqual([status, '']);
  });

  it('is lost while the store fails and comes back with it', async () => {
    let fails = true;
    const ask = await restApi(
      () => 'ready',
      async () => {
        if (fails) throw new Error('mongodb://user:secret@host refused');
      },
    );
    expect(await ask('/readyz')).toEqual([503, 'unavailable']);
    fails = false;
    expect(await ask('/readyz')).toEqual([200, 'ready']);
  });

  it('is lost when the check throws before it begins', async () => {
    const ask = await restApi(
      () => 'ready',
      () => {
        throw new Error('no store');
      },
    );
    expect(await ask('/readyz')).toEqual([503, 'unavailable']);
  });

  it('does not wait for a store that does not respond', async () => {
    const ask = await restApi(
      () => 'ready',
      () => new Promise(() => {}),
      20,
    );
    expect(await ask('/readyz')).toEqual([503, 'unavailable']);
    expect(await ask('/readyz')).toEqual([503, 'unavailable']);
  });

  it('asks the store once for all who ask at the same time', async () => {
    const gate = signal();
    let asked = 0;
    let checks = 0;
    const ask = await restApi(
      () => {
        asked += 1;
        return 'ready';
      },
      () => {
        checks += 1;
        return gate.happened;
      },
    );
    const responses = [ask('/readyz'), ask('/readyz'), ask('/readyz')];
    await expect.poll(() => asked).toBe(3);
    expect(checks).toBe(1);
    gate.happen();
    expect(await Promise.all(responses)).toEqual(Array(3).fill([200, 'ready']));
    expect(checks).toBe(1);
    await ask('/readyz');
    expect(checks).toBe(2);
  });

  it('notices a stop that begins while the store is asked', async () => {
    const gate = signal();
    let state: State = 'ready';
    const ask = await restApi(
      () => state,
      () => {
        state = 'stopping';
        gate.happen();
        return gate.happened;
      },
    );
    expect(await ask('/readyz')).toEqual([503, 'stopping']);
  });
});
