import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startService, type TestService } from '../support/service.js';
import { contractServices } from '../support/services.js';
import { REST_APIS } from '../unit/gateway/support/restApis.js';
import { asking } from './support/asking.js';
import { clientOf, filled, nonexistent, type Owned, type Tenant, tenantOf } from './support/neighbours.js';
import { ROUTES } from './support/routes.js';
import { ROWS } from './support/rows.js';

/** Pairs of calls that are timed, after some that are not. */
const PAIRS = 50;
const WARM_UP = 5;
/** Comparing one code takes ten times as long as any refusal here: this finds work, not noise. */
const RATIO = 2;

let service: TestService;
let stranger: Tenant;
let owned: Owned;
beforeAll(async () => {
  // The hash that codes are kept by: a thing looked at too closely is looked at slowly.
  service = await startService({ env: { OTP_HASH: 'argon2id' } });
  stranger = await tenantOf(service, 'stranger');
  owned = await filled(service, await tenantOf(service, 'owner'), 'owner');
  const limit = { rule: 'client-requests', max: 0 };
  await stranger.call('otp.admin.v1.LimitService/UpdateLimit', { limit, updateMask: 'max' });
});
afterAll(() => service.stop());

type Ask = (of: Owned) => Promise<unknown>;

const METHODS = (await contractServices())
  .flatMap(({ methods }) => methods)
  .flatMap((method): [string, () => Ask][] => {
    const path = `${method.parent.typeName}/${method.name}`;
    const row = ROWS[path];
    if (row?.outcome !== 'not found') return [];
    return [[path, () => (of) => asking(service.baseUrl, stranger.key)(method, row.request(of))]];
  });

const REST = REST_APIS.flatMap(({ dialect }) =>
  dialect.routes.flatMap(({ method, path }): [string, () => Ask][] => {
    const route = ROUTES[`${method} ${path}`];
    if (!route || route.status === 200) return [];
    return [
      [
        `${method} ${path}`,
        () => (of) => clientOf(stranger, { credential: dialect.credential, method })(route.request(of)),
      ],
    ];
  }),
);

/** How much longer another workspace's resource takes than one that does not exist: the ratio of the medians. */
async function measured(ask: Ask): Promise<number> {
  const things = [owned, nonexistent(owned)] as const;
  const times: [number[], number[]] = [[], []];
  for (let pair = 0; pair < WARM_UP + PAIRS; pair++) {
    // Wrong client secrets are limited, ten a minute.
    service.clock.advance(15_000);
    // Each goes first as often as the other.
    for (const which of pair % 2 === 0 ? ([0, 1] as const) : ([1, 0] as const)) {
      const start = performance.now();
      await ask(things[which]);
      if (pair >= WARM_UP) times[which].push(performance.now() - start);
    }
  }
  return median(times[0]) / median(times[1]);
}

const median = (values: readonly number[]): number =>
  [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)]!;

describe.each([...METHODS, ...REST])('%s', (_path, asker) => {
  it('takes as long for a resource of another workspace as for one that does not exist', async () => {
    const ask = asker();
    let ratio = await measured(ask);
    // Something else may have kept the machine busy for a while; it does not do so each time in step with these calls.
    for (let again = 0; again < 4 && (ratio < 1 / RATIO || ratio > RATIO); again++)
      ratio = await measured(ask);
    expect(ratio).toBeGreaterThan(1 / RATIO);
    expect(ratio).toBeLessThan(RATIO);
  });
});
