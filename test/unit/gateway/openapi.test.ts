import { Validator } from '@seriousme/openapi-schema-validator';
import { beforeAll, describe, expect, it } from 'vitest';
import { reasonsOf } from '../../../server/gateway/openapi/reasons.js';
import {
  newBeneficiary,
  newIntegration,
  redeem,
  requestToken,
  sent,
  validate,
} from '../../promises/support/beneficiaryApi.js';
import { requested, verify } from '../../promises/support/messagingApi.js';
import { BENEFICIARY, MESSAGING, MULTICHANNEL } from '../../promises/support/printed.js';
import { checkResponse, describedAt, type OpenApi, operationsOf } from '../../support/openapi.js';
import { apiKey, bearer, type Rest, restClient } from '../../support/rest.js';
import { serviceForSuite } from '../../support/serviceForSuite.js';
import { contractServices } from '../../support/services.js';
import { deliveredCode } from '../../wire/support/delivered.js';
import { expectRefusal, REST_APIS } from './support/restApis.js';

const service = serviceForSuite();
let described: OpenApi;
beforeAll(async () => {
  described = await describedAt(service.baseUrl);
});

const restApiAt = (path: string) =>
  REST_APIS.find(({ dialect }) => dialect.prefixes.some((prefix) => path.startsWith(prefix)))!;

describe('/openapi.json', () => {
  it('is a valid OpenAPI 3.1 description', async () => {
    const validator = new Validator();
    const { valid, errors } = await validator.validate(structuredClone(described) as never);
    expect({ valid, errors, version: validator.version }).toEqual({
      valid: true,
      errors: undefined,
      version: '3.1',
    });
    expect(described.openapi).toMatch(/^3\.1\./);
  });

  it('lists for every operation the statuses and reasons of its method, each with the body of a refusal', () => {
    const verify = described.paths['/api/v1/otp/verify']!.post!;
    expect(Object.keys(verify.responses)).toEqual(
      '200 400 401 403 404 409 410 413 415 423 429 500 503 default'.split(' '),
    );
    const locked = verify.responses['423']! as unknown as { description: string; 'x-reasons': string[] };
    expect(locked['x-reasons']).toEqual(['ATTEMPTS_EXHAUSTED']);
    expect(locked.description).toContain('Maximum verification attempts reached');
  });

  it('has examples that the shapes accept, with the bodies that the documents print', () => {
    const examples = REST_APIS.flatMap(({ dialect }) => dialect.routes).filter(({ example }) => example);
    expect(examples.length).toBeGreaterThanOrEqual(4);
    for (const { example, body, response } of examples) {
      expect(response.parse(example!.response)).toEqual(example!.response);
      if (body) expect(body.safeParse(example!.body).success).toBe(true);
    }
    const bodies = examples.map(({ example }) => JSON.stringify(example!.body));
    for (const printed of [
      BENEFICIARY.send,
      BENEFICIARY.validate,
      MULTICHANNEL.emailVerification,
      MESSAGING.verify,
    ]) {
      expect(bodies).toContain(JSON.stringify(JSON.parse(/-d '(.*)'/s.exec(printed)![1]!)));
    }
  });

  it('finds every reason that the contract lists in the error table', async () => {
    const methods = (await contractServices()).flatMap((service) => service.methods);
    expect(methods.flatMap((method) => reasonsOf(method)).length).toBeGreaterThan(50);
  });

  it('names every operation once', () => {
    const ids = operationsOf(described).map(({ operation }) => operation.operationId);
    expect(new Set(ids).size).toBe(ids.length);
  });

  it('describes every route of every dialect, and no other', () => {
    const routes = REST_APIS.flatMap(({ dialect }) =>
      dialect.routes.map(({ method, path }) => `${method} ${path}`),
    );
    const operations = operationsOf(described).map(({ method, path }) => `${method} ${path}`);
    expect(operations.sort()).toEqual(routes.sort());
  });

  it('describes what is there: every operation responds, and requires the documented credential', async () => {
    for (const { method, path, operation } of operationsOf(described)) {
      const url = path.replaceAll(/\{\w+\}/g, 'x');
      const response = await fetch(service.baseUrl + url, {
        method,
        headers: { 'content-type': 'application/json' },
        ...(method === 'POST' && { body: '{}' }),
      });
      const body = await response.json();
      const wanted =
        operation.security.length > 0
          ? { status: 401, reason: 'UNAUTHENTICATED' }
          : { status: 400, reason: 'INVALID_REQUEST' };
      expectRefusal(restApiAt(path), { status: response.status, headers: response.headers, body }, wanted);
    }
  });

  it('says of every success what it looks like: one of each operation is as described', async () => {
    const seen = new Set<string>();
    /** The client of the tests, which checks each response against the description; here it also notes what it saw. */
    const noting = (rest: Rest): Rest => {
      const note = async (method: string, path: string, call: ReturnType<Rest['get']>) => {
        const response = await call;
        expect(response.status, response.text).toBe(200);
        seen.add(`${method} ${path.split('?')[0]}`);
        return response;
      };
      return {
        responses: rest.responses,
        post: (path, ...more) => note('POST', path, rest.post(path, ...more)),
        get: (path, ...more) => note('GET', path, rest.get(path, ...more)),
        delete: (path, ...more) => note('DELETE', path, rest.delete(path, ...more)),
      };
    };

    const integration = await newIntegration(service);
    await requestToken(service, integration.clientId, integration.clientSecret);
    seen.add('POST /v1/oauth/token');
    const a = noting(integration.api);
    const person = await newBeneficiary(service);
    const { otp_id, code } = await sent(service, a, person);
    const { otp_verification_token } = (await validate(a, otp_id, code)).body;
    await a.post('/v1/otp/tokens/introspect', { otp_verification_token });
    await redeem(a, otp_verification_token);
    await a.get(`/v1/sponsors/${person.sponsor_slug}/configuration?product_type=LAB`);
    await a.get(`/v1/dispensations/dsp_1/verification-status?sponsor_slug=${person.sponsor_slug}`);

    const b = noting(restClient(service.baseUrl, apiKey(service.liveKey)));
    const opened = await b.post('/api/v1/otp/send', {
      recipients: { email: 'a@example.com' },
      metadata: { n: [1, null] },
    });
    const { session_id, session_token: token } = opened.body;
    // What is under way when the time leaps counts as timed out.
    await deliveredCode(service, session_id);
    service.clock.advance(30_000);
    await b.post('/api/v1/otp/resend', { token });
    await b.get('/api/v1/otp/sessions?status=PENDING');
    await b.get(`/api/v1/otp/sessions/${session_id}`);
    const late = await b.post('/api/v1/otp/send', { recipients: { email: 'b@example.com' } });
    const email = await deliveredCode(service, late.body.session_id);
    await b.post('/api/v1/otp/verify', { token: late.body.session_token, otps: { email } });
    const sandbox = { recipients: { email: 'c@example.com' }, sandbox_mode: true };
    const canceled = await b.post('/api/v1/otp/send', sandbox);
    await b.delete(`/api/v1/otp/sessions/${canceled.body.session_id}`);

    const c = noting(restClient(service.baseUrl, bearer(service.liveKey)));
    const session = await requested(service, c);
    await verify(c, session.sessionId, session.code);

    const matches = (path: string) => new RegExp(`^${path.replaceAll(/\{\w+\}/g, '[^/]+')}$`);
    const unseen = operationsOf(described).filter(
      ({ method, path }) => ![...seen].some((one) => matches(`${method} ${path}`).test(one)),
    );
    expect(unseen.map(({ method, path }) => `${method} ${path}`)).toEqual([]);
  });
});

describe('a response compared with the description', () => {
  const check = (method: string, path: string, status: number, body: unknown) =>
    checkResponse(service.baseUrl, method, path, status, body);
  const good = { otp_verification_token: 'otvt_1', expires_in: 600 };
  const refusal = { error_code: '071-206', code: 'INVALID_CODE', message: 'Invalid OTP' };

  it('passes as it should be', async () => {
    await check('POST', '/v1/otp/validate', 200, good);
    await check('POST', '/v1/otp/validate', 422, refusal);
    await check('GET', '/v1/unknown', 404, { anything: true });
  });

  it.each([
    [200, { ...good, more: 1 }],
    [200, { otp_verification_token: 'otvt_1' }],
    [200, { ...good, expires_in: '600' }],
    [200, { ...good, expires_in: 599.5 }],
    [200, refusal],
    [422, good],
    [422, { ...refusal, more: 1 }],
    [422, { ...refusal, error_code: 71 }],
    [422, {}],
    [422, 'Invalid OTP'],
  ])('fails as %j %j', async (status, body) => {
    await expect(check('POST', '/v1/otp/validate', status, body)).rejects.toThrow('is not described');
  });
});
