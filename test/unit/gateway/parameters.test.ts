import { beforeAll, describe, expect, it } from 'vitest';
import { describedAt, operationsOf } from '../../support/openapi.js';
import { apiKey, bearer, type Rest, restClient } from '../../support/rest.js';
import { serviceForSuite } from '../../support/serviceForSuite.js';

const service = serviceForSuite();
let api: Rest;
beforeAll(async () => {
  api = restClient(service.baseUrl, apiKey(service.liveKey));
});

const list = (query: string) => api.get(`/api/v1/otp/sessions?${query}`);
const idsOf = async (query: string): Promise<string[]> => {
  const { status, body } = await list(query);
  expect(status, query).toBe(200);
  return body.sessions.map(({ session_id }: { session_id: string }) => session_id);
};
const send = async (metadata: object): Promise<string> => {
  const email = `${Object.values(metadata).join('.')}@example.com`;
  return (await api.post('/api/v1/otp/send', { recipients: { email }, metadata })).body.session_id;
};

describe('the parameters of a query', () => {
  it.each([
    ['status=PENDING&status=APPROVED', 'status'],
    ['page_size=1&page_size=1', 'page_size'],
    ['metadata[user]=1&metadata[user]=2', 'metadata[user]'],
    ['metadata[user]=1&metadata=2', 'metadata'],
    // What is put in a name's place by mistake may be a secret.
    ['sk_otp_live_0123=1&sk_otp_live_0123=2', 'parameters'],
    ['metadata[u%40example.com]=1&metadata[u%40example.com]=2', 'metadata'],
  ])('are not given twice: %s', async (query, field) => {
    const { status, body } = await list(query);
    expect({ status, field: body.details.field }).toEqual({ status: 400, field });
    expect(body.details.errors[0].message).toBe('must not be given more than once');
  });

  it.each([
    ['metadata=text', 'metadata'],
    ['metadata[]=x', 'metadata'],
    [`metadata[${'k'.repeat(129)}]=x`, 'metadata'],
    [`metadata[user]=${'v'.repeat(513)}`, 'metadata.user'],
    [Array.from({ length: 9 }, (_, n) => `metadata[k${n}]=x`).join('&'), 'metadata'],
  ])('name their fault: %.60s', async (query, field) => {
    const { status, body } = await list(query);
    expect(status).toBe(400);
    expect(body.details.field).toContain(field);
  });

  it('find sessions by what their metadata holds, under any key', async () => {
    const [one, two, odd] = [
      await send({ user: 'u1', city: 'Bogota' }),
      await send({ user: 'u1', city: 'Lima' }),
      await send({ 'a[b]': 'c', __proto: 'd' }),
    ];
    expect(await idsOf('metadata[user]=u1')).toEqual([two, one]);
    expect(await idsOf('metadata[user]=u1&metadata[city]=Lima')).toEqual([two]);
    expect(await idsOf('metadata%5Bcity%5D=Bogota')).toEqual([one]);
    expect(await idsOf('metadata[a[b]]=c')).toEqual([odd]);
    for (const unknown of ['__proto__[user]=x', 'unknown[a]=b', 'constructor=x', 'sandbox_mod=true'])
      expect((await list(`${unknown}&metadata[user]=u1`)).status).toBe(400);
  });

  it('of metadata are described as they are written', async () => {
    const operation = operationsOf(await describedAt(service.baseUrl)).find(
      ({ method, path }) => method === 'GET' && path === '/api/v1/otp/sessions',
    )!.operation;
    expect(operation.parameters.find(({ name }) => name === 'metadata')).toMatchObject({
      in: 'query',
      required: false,
      style: 'deepObject',
      explode: true,
      schema: { type: 'object', additionalProperties: { type: 'string' } },
    });
  });
});

describe('every credential that the description names', () => {
  it('opens the API', async () => {
    const headers = { apiKey, bearer };
    for (const { path, method, operation } of operationsOf(await describedAt(service.baseUrl))) {
      if (method !== 'GET') continue;
      const url = `${path.replaceAll(/\{\w+\}/g, 'x')}?sponsor_slug=x`;
      for (const requirement of operation.security) {
        const [scheme] = Object.keys(requirement as object) as (keyof typeof headers)[];
        const { status } = await restClient(service.baseUrl, headers[scheme!](service.liveKey)).get(url);
        expect(status, `${path} by ${scheme}`).not.toBe(401);
      }
    }
  });
});
