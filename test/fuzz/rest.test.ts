import { describe, expect, it } from 'vitest';
import type { errorBody } from '../../server/http/respond.js';
import { hammer } from '../support/hammer.js';
import { checkResponse } from '../support/openapi.js';
import { serviceForSuite } from '../support/serviceForSuite.js';
import { REST_APIS, type RestApi } from '../unit/gateway/support/restApis.js';
import { chooser } from './support/chooser.js';
import { exchanger, type WireRequest, type WireResponse } from './support/exchange.js';
import { openFlood, wholeFlow } from './support/familiar.js';
import { requestMaker } from './support/restRequests.js';

const REQUESTS = 10_000;
const AT_ONCE = 24;

const restApiNamed = (name: string): RestApi => REST_APIS.find((restApi) => restApi.name === name)!;

describe.each([
  ['beneficiary', ['beneficiary', 'oauth']],
  ['multichannel', ['multichannel']],
  ['messaging', ['messaging']],
])('%s', (name, apiNames) => {
  const transports = apiNames.map(restApiNamed);
  const service = serviceForSuite();

  it(`${REQUESTS} random requests get responses in its own form, without a fault`, async () => {
    const { known, keys } = await openFlood(service);
    const next = requestMaker({ transports, keys, known, choose: chooser(`fuzz ${name}`) });
    const { exchange, close } = exchanger(service.port, AT_ONCE);
    const statuses = new Map<number, number>();
    const wrong = await hammer(REQUESTS, AT_ONCE, async (index) => {
      const request = next();
      try {
        const response = await exchange(request);
        statuses.set(response.status, (statuses.get(response.status) ?? 0) + 1);
        const fault = await faultOf(service.baseUrl, request, response);
        return (
          fault &&
          `#${index} ${fault}\n${shown(request)}\n→ ${response.status} ${response.text.slice(0, 500)}`
        );
      } catch (error) {
        return `#${index} ${error}\n${shown(request)}`;
      }
    });
    close();
    expect(wrong).toEqual([]);
    // Requests that are all refused by the dialect would show nothing.
    expect(statuses.get(200)).toBeGreaterThan(REQUESTS / 50);
    expect([...statuses.keys()]).toEqual(expect.arrayContaining([200, 400, 401, 404, 405, 413, 415]));
    expect(({} as Record<string, unknown>).polluted).toBeUndefined();

    expect((await fetch(`${service.baseUrl}/readyz`)).status).toBe(200);
    // Past the wait for an access token that so many wrong secrets led to.
    service.clock.advance(60_000);
    await wholeFlow(service, name);
    const faults = service
      .logged()
      .split('\n')
      .filter((line) => /"level":(50|60)/.test(line));
    expect(faults).toEqual([]);
  }, 120_000);
});

/** What is wrong with a response; undefined where nothing is. */
async function faultOf(
  baseUrl: string,
  { method, path }: WireRequest,
  { status, headers, text }: WireResponse,
): Promise<string | undefined> {
  if (status >= 500) return 'a fault';
  if (method === 'HEAD' || status === 204) return text === '' ? undefined : 'a body where there is none';
  if (headers.get('content-type') !== 'application/json') return 'no JSON';
  if (/\bat .+\.[jt]s:\d+|node_modules|TypeError|RangeError|polluted/.test(text)) return 'internal text';
  const body = JSON.parse(text);
  // The listener responds to what never reaches a dialect.
  if (status === 431) return isPlain(body) ? undefined : 'not the form of the listener';
  const url = path.startsWith('http://') ? new URL(path).pathname : path.split('?', 1)[0]!;
  const restApi = REST_APIS.find(({ dialect }) => dialect.prefixes.some((prefix) => url.startsWith(prefix)));
  if (!restApi) return isPlain(body) ? undefined : 'not the form of the listener';
  if (status === 200) {
    return checkResponse(baseUrl, method, url, status, body).then(
      () => undefined,
      (error) => error.message,
    );
  }
  const read = restApi.dialect.refusal.safeParse(body);
  if (!read.success) return `not the form of ${restApi.name}`;
  if (JSON.stringify(read.data) !== JSON.stringify(body)) return 'more than the form has';
  return undefined;
}

const isPlain = (body: ReturnType<typeof errorBody>): boolean =>
  Object.keys(body).join() === 'code,message' && typeof body.message === 'string';

const shown = ({ method, path, headers, body }: WireRequest): string =>
  `${method} ${path.slice(0, 300)} ${JSON.stringify(headers).slice(0, 600)}\n${body?.toString('latin1').slice(0, 1_000)}`;
