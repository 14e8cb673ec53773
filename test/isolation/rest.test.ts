import { beforeAll, describe, expect, it } from 'vitest';
import type { RestResponse } from '../support/rest.js';
import { serviceForSuite } from '../support/serviceForSuite.js';
import { REST_APIS } from '../unit/gateway/support/restApis.js';
import { clientOf, filled, nonexistent, type Owned, type Tenant, tenantOf } from './support/neighbours.js';
import { ROUTES } from './support/routes.js';

const DESCRIBED = REST_APIS.flatMap(({ dialect }) =>
  dialect.routes.map(({ method, path }) => ({
    route: `${method} ${path}`,
    method,
    credential: dialect.credential,
  })),
);

const service = serviceForSuite();
let owner: Tenant;
let stranger: Tenant;
let owned: Owned;
beforeAll(async () => {
  owner = await tenantOf(service, 'owner');
  stranger = await tenantOf(service, 'stranger');
  owned = await filled(service, owner, 'owner');
});

it('there is a row for every route of every REST API, and none besides', () => {
  expect(Object.keys(ROUTES).sort()).toEqual(DESCRIBED.map(({ route }) => route).sort());
});

/** Headers that differ between any two responses, or with the names in the body. */
const DIFFERING = ['date', 'x-request-id', 'x-ratelimit-remaining', 'content-length'];

/** What a response says, without the names of the resource and of the request. */
function said({ status, headers, text }: RestResponse, names: Owned) {
  const shown = [...headers].filter(([name]) => !DIFFERING.includes(name));
  let body = text;
  for (const [name, value] of Object.entries(names)) body = body.replaceAll(value, name);
  return { status, headers: shown, body };
}

describe.each(DESCRIBED)('$route', ({ route, method, credential }) => {
  const { status, request } = ROUTES[route] ?? { status: 0, request: () => [''] as const };

  it.runIf(status >= 400)(
    'responds to the id of another workspace as to one that does not exist',
    async () => {
      const response = await clientOf(stranger, { credential, method })(request(owned));
      const unknown = await clientOf(stranger, { credential, method })(request(nonexistent(owned)));
      expect(response.status).toBe(status);
      expect(said(response, owned)).toEqual(said(unknown, nonexistent(owned)));
    },
  );

  it.runIf(status === 200)('shows nothing of another workspace', async () => {
    const response = await clientOf(stranger, { credential, method })(request(owned));
    expect(response.status, response.text).toBe(200);
    const { code: _, email: __, ...names } = owned;
    for (const name of Object.values(names)) expect(response.text).not.toContain(name);
    if (response.body.sessions) expect(response.body.sessions).toEqual([]);
  });
});

describe('after all that', () => {
  it('the owner’s code verifies, no attempt lost, and its token redeems', async () => {
    const { code, sessionId, sessionToken, verificationToken } = owned;
    const before = await owner.byKey.get(`/api/v1/otp/sessions/${sessionId}`);
    expect(before.body.attempts_remaining).toBe(3);
    const verified = await owner.byKey.post('/api/v1/otp/verify', {
      token: sessionToken,
      otps: { email: code },
    });
    expect(verified.body.session_verified).toBe(true);
    const redeemed = await owner.byBearer.post('/v1/otp/tokens/redeem', {
      otp_verification_token: verificationToken,
      operation: { type: 'DISPENSATION', id: 'dsp_1' },
    });
    expect(redeemed.status).toBe(200);
  });

  it('the stranger lists its own sessions alone', async () => {
    const { body } = await stranger.byKey.get('/api/v1/otp/sessions?page_size=100');
    const ids = body.sessions.map(({ session_id }: { session_id: string }) => session_id);
    expect(ids.length).toBeGreaterThan(0);
    const { body: theirs } = await owner.byKey.get('/api/v1/otp/sessions?page_size=100');
    for (const { session_id } of theirs.sessions) expect(ids).not.toContain(session_id);
  });
});
