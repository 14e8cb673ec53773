import type { DescMethod } from '@bufbuild/protobuf';
import { beforeAll, expect, it } from 'vitest';
import { ERRORS } from '../../server/errors.js';
import { multichannelApi, opened } from '../promises/support/multichannelApi.js';
import { hammer } from '../support/hammer.js';
import { serviceForSuite } from '../support/serviceForSuite.js';
import { contractServices } from '../support/services.js';
import { newKey } from '../support/tenant.js';
import { chooser } from './support/chooser.js';
import { exchanger, type WireRequest, type WireResponse } from './support/exchange.js';
import { floodOfCalls } from './support/flood.js';
import { corrupted, junkBody, junkValue, mutated } from './support/junk.js';
import { requestOf } from './support/messages.js';
import type { Known } from './support/shaped.js';

const REQUESTS = 3_000;
const AT_ONCE = 24;

const service = serviceForSuite();
let methods: DescMethod[];
beforeAll(async () => {
  methods = (await contractServices())
    .flatMap((one) => one.methods)
    .filter(({ methodKind }) => methodKind === 'unary');
});

it(`${REQUESTS} random calls over Connect with JSON get responses in its form, without a fault`, async () => {
  const { known, credentials } = await floodOfCalls(service);
  const next = callMaker(known, credentials);
  const { exchange, close } = exchanger(service.port, AT_ONCE);
  const codes = new Map<string, number>();
  const wrong = await hammer(REQUESTS, AT_ONCE, async (index) => {
    const request = next();
    try {
      const response = await exchange(request);
      const code = response.status === 200 ? 'ok' : (/"code":"(\w+)"/.exec(response.text)?.[1] ?? 'none');
      codes.set(code, (codes.get(code) ?? 0) + 1);
      const fault = faultOf(response);
      return (
        fault && `#${index} ${fault}\n${shown(request)}\n→ ${response.status} ${response.text.slice(0, 500)}`
      );
    } catch (error) {
      return `#${index} ${error}\n${shown(request)}`;
    }
  });
  close();
  expect(wrong).toEqual([]);
  expect(codes.get('ok')).toBeGreaterThan(REQUESTS / 50);
  expect(({} as Record<string, unknown>).polluted).toBeUndefined();
  expect((await fetch(`${service.baseUrl}/readyz`)).status).toBe(200);
  const after = multichannelApi(service.baseUrl, await newKey(service, 'after'));
  const { token, codes: sent } = await opened(service, after);
  expect((await after.verify({ token, otps: sent })).body.session_verified).toBe(true);
  const faults = service
    .logged()
    .split('\n')
    .filter((line) => /"level":(50|60)/.test(line));
  expect(faults).toEqual([]);
}, 120_000);

function callMaker(known: Known, credentials: readonly string[]): () => WireRequest {
  const choose = chooser('fuzz Connect');
  return () => {
    const method = choose.pick(methods);
    const json = (value: unknown) => Buffer.from(JSON.stringify(value) ?? '');
    const near = () => requestOf(method, known, choose);
    const body = choose.weighted<Buffer>([
      [6, () => json(near())],
      [6, () => json(mutated(near(), choose))],
      [3, () => corrupted(json(near()), choose)],
      [1, () => json(junkValue(choose))],
      [2, () => junkBody(choose)],
    ]);
    const path = `/${method.parent.typeName}/${method.name}`;
    return {
      method: choose.chance(97) ? 'POST' : choose.pick(['GET', 'PUT', 'DELETE', 'OPTIONS']),
      path: choose.chance(96)
        ? path
        : choose.pick([
            `/${path}`,
            `${path}/`,
            `${path}?a=%ff`,
            path.toLowerCase(),
            `${path}x`,
            `${path}%00`,
          ]),
      headers: {
        'content-type': choose.chance(95) ? 'application/json' : choose.pick(TYPES),
        ...(choose.chance(96) && {
          authorization: `Bearer ${choose.chance(95) ? choose.pick(credentials) : choose.pick(['x', 'eyJ', 'é'])}`,
        }),
        ...(choose.chance(15) && choose.pick(HEADERS)),
      },
      body,
    };
  };
}

const TYPES = [
  'application/proto',
  'application/connect+json',
  'text/plain',
  'application/json; charset=utf-16',
  '',
];

const HEADERS: readonly Record<string, string>[] = [
  { 'connect-timeout-ms': '1' },
  { 'connect-timeout-ms': '-1' },
  { 'connect-timeout-ms': '99999999999' },
  { 'connect-timeout-ms': 'soon' },
  { 'connect-protocol-version': '2' },
  { 'content-encoding': 'gzip' },
  { 'content-encoding': 'br' },
  { 'accept-encoding': 'gzip' },
  { 'x-request-id': 'x'.repeat(200) },
  { origin: 'https://elsewhere.example' },
  { 'x-bin': '%%%' },
];

function faultOf({ status, text }: WireResponse): string | undefined {
  if (/\bat .+\.[jt]s:\d+|node_modules|TypeError|RangeError|polluted/.test(text)) return 'internal text';
  if (status === 200 || status === 204) return undefined;
  // Refused before a codec was known: Connect and the router respond with a status, and the latter with a reason.
  if (status === 415 || status === 405 || status === 404) {
    if (text === '' || Object.hasOwn(ERRORS, JSON.parse(text).code)) return undefined;
  }
  const { code, message, details } = JSON.parse(text);
  if (typeof code !== 'string' || typeof message !== 'string') return 'not the form of Connect';
  // The caller's own deadline, and what the protocol says of an encoding that is not known: no reasons of ours.
  if (status === 504 && code === 'deadline_exceeded') return undefined;
  if (status === 501 && message.startsWith('unknown compression')) return undefined;
  if (status >= 500) return 'a fault';
  const info = details?.find(({ type }: { type: string }) => type === 'google.rpc.ErrorInfo')?.debug;
  if (info?.domain !== 'countersign' || !Object.hasOwn(ERRORS, info.reason)) return 'without a reason';
  return undefined;
}

const shown = ({ method, path, headers, body }: WireRequest): string =>
  `${method} ${path} ${JSON.stringify(headers).slice(0, 400)}\n${body?.toString('latin1').slice(0, 800)}`;
