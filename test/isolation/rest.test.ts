import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RestAnswer } from '../support/rest.js';
import { startService, type TestService } from '../support/service.js';
import { REST_APIS } from '../unit/gateway/support/restApis.js';
import { doorOf, filled, nobodys, type Owned, type Tenant, tenantOf } from './support/neighbours.js';
import { ROUTES } from './support/routes.js';

const DESCRIBED = REST_APIS.flatMap(({ dialect }) =>
  dialect.routes.map(({ method, path }) => ({ route: `${method} ${path}`, credential: dialect.credential })),
);

let service: TestService;
let owner: Tenant;
let stranger: Tenant;
let owned: Owned;
beforeAll(async () => {
  service = await startService();
  owner = await tenantOf(service, 'owner');
  stranger = await tenantOf(service, 'stranger');
  owned = await filled(service, owner, 'owner');
});
afterAll(() => service.stop());

it('there is a row for every route of every REST API, and none besides', () => {
  expect(Object.keys(ROUTES).sort()).toEqual(DESCRIBED.map(({ route }) => route).sort());
});

/** Headers that differ from answer to answer anyway, or with the names in the body. */
const DIFFERING = ['date', 'x-request-id', 'x-ratelimit-remaining', 'content-length'];

/** What an answer says, the names of the thing asked for and of the request aside. */
function said({ status, headers, text }: RestAnswer, names: Owned) {
  const shown = [...headers].filter(([name]) => !DIFFERING.includes(name));
  let body = text;
  for (const [name, value] of Object.entries(names)) body = body.replaceAll(value, name);
  return { status, headers: shown, body };
}

describe.each(DESCRIBED)('$route', ({ route, credential }) => {
  const { status, request } = ROUTES[route] ?? { status: 0, request: () => [''] as const };

  it.runIf(status >= 400)('answers for a thing of another workspace as for one that nobody has', async () => {
    const answer = await doorOf(stranger, credential)(request(owned));
    const unknown = await doorOf(stranger, credential)(request(nobodys(owned)));
    expect(answer.status).toBe(status);
    expect(said(answer, owned)).toEqual(said(unknown, nobodys(owned)));
  });

  it.runIf(status === 200)('shows nothing of another workspace', async () => {
    const answer = await doorOf(stranger, credential)(request(owned));
    expect(answer.status, answer.text).toBe(200);
    const { code: _, email: __, ...names } = owned;
    for (const name of Object.values(names)) expect(answer.text).not.toContain(name);
    if (answer.body.sessions) expect(answer.body.sessions).toEqual([]);
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
