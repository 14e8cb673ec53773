import { z } from 'zod';
import type { RestRoute } from '../../../server/gateway/dialect.js';
import type { RestApi } from '../../unit/gateway/support/restApis.js';
import type { Chooser } from './chooser.js';
import type { WireRequest } from './exchange.js';
import { corrupted, junkBody, junkValue, junkWord, mutated } from './junk.js';
import { type Known, type Schema, shaped } from './shaped.js';

interface Options {
  readonly transports: readonly RestApi[];
  /** An API key the service knows. */
  readonly keys: readonly string[];
  readonly known: Known;
  readonly choose: Chooser;
}

interface Target {
  readonly restApi: RestApi;
  readonly route: RestRoute;
  readonly body: Schema | undefined;
  readonly query: Schema | undefined;
}

/** Makes requests for the transports: good ones, nearly good ones and nonsense. */
export function requestMaker({ transports, keys, known, choose }: Options): () => WireRequest {
  const targets = transports.flatMap((restApi) =>
    restApi.dialect.routes.map((route): Target => {
      const schemaOf = (shape: z.ZodType | undefined) =>
        shape && (z.toJSONSchema(shape, { io: 'input', unrepresentable: 'any' }) as Schema);
      return { restApi, route, body: schemaOf(route.body), query: schemaOf(route.query) };
    }),
  );
  return () => {
    // A list that finds nothing reads everything, and what is read has no fields to get wrong.
    const { restApi, route, body, query } = choose.weighted(
      targets.map((target) => [target.route.method === 'POST' ? 6 : 1, () => target]),
    );
    const method = choose.chance(94) ? route.method : choose.pick(METHODS);
    const hasBody = method !== 'HEAD' && (route.body !== undefined || choose.chance(5));
    const path = oddly(pathOf(route) + queryOf(query));
    const headers = headersOf(restApi);
    return {
      // A header that is too large is refused before its method is read, so with a body, which HEAD may not have.
      method: method === 'HEAD' && path.length + JSON.stringify(headers).length > 10_000 ? 'GET' : method,
      path,
      headers,
      body: hasBody ? bodyOf(restApi, route, body) : undefined,
    };
  };

  function pathOf({ path }: RestRoute): string {
    return path.replaceAll(/\{(\w+)\}/g, (_, name: string) =>
      encoded(String(known[name] && choose.chance(70) ? choose.pick(known[name]) : junkWord(choose))).slice(
        0,
        2_000,
      ),
    );
  }

  function queryOf(schema: Schema | undefined): string {
    if (choose.chance(schema ? 10 : 90)) return '';
    const values = Object.entries(shaped(schema ?? {}, '', known, choose) ?? {}).map(
      ([name, value]): [string, string] => [
        name,
        typeof value === 'object' ? JSON.stringify(value) : String(value),
      ],
    );
    const more = choose.chance(25) ? [[junkWord(choose), junkWord(choose)] as [string, string]] : [];
    const twice = choose.chance(10) ? values.slice(0, 1) : [];
    const text = [...values, ...more, ...twice]
      .map(([name, value]) => `${encoded(name)}=${encoded(value)}`)
      .join('&');
    return choose.chance(5) ? '?%&=%ff&&=&a' : `?${text.slice(0, 6_000)}`;
  }

  function oddly(path: string): string {
    if (choose.chance(92)) return path;
    const slash = path.indexOf('/', 1 + choose.int(8));
    const cut = slash < 0 ? path.length : slash;
    const [before, after] = [path.slice(0, cut), path.slice(cut)];
    return choose.pick([
      `${before}/${after}`,
      `/${path}`,
      `${before}/.${after}`,
      `${before}/..${after}`,
      `${before}/%2e%2e${after}`,
      `${before}%2f${after.slice(1)}`,
      `${before}%00${after}`,
      `${before}%ff${after}`,
      `${before}%${after}`,
      `${before};v=1${after}`,
      `${before}\\${after}`,
      `${path}/`,
      `${path}#fragment`,
      path.toUpperCase(),
      `${before}/${'x'.repeat(3_000)}${after}`,
      `${path}${path.includes('?') ? '&' : '?'}${'x'.repeat(20_000)}`,
      `http://elsewhere.example${path}`,
      '*',
      '/',
    ]);
  }

  function headersOf(restApi: RestApi): Record<string, string | readonly string[]> {
    const type = choose.chance(94) ? 'application/json' : choose.pick(TYPES);
    const more = choose.chance(75) ? {} : choose.pick(HEADERS)();
    const credential = choose.chance(94)
      ? restApi.credential(choose.pick(keys))
      : choose.pick([
          {},
          ...CREDENTIALS.map((value) => restApi.credential(value)),
          { authorization: 'Bearer' },
        ]);
    return { ...(type && { 'content-type': type }), ...credential, ...more };
  }

  function bodyOf(restApi: RestApi, route: RestRoute, schema: Schema | undefined): Buffer {
    const sample = () => restApi.requests[route.path] ?? {};
    const near = () => shaped(schema ?? {}, '', known, choose);
    const json = (value: unknown) => Buffer.from(JSON.stringify(value) ?? '');
    return choose.weighted<Buffer>([
      [1, () => json(sample())],
      [6, () => json(near())],
      [6, () => json(mutated(choose.chance(30) ? sample() : near(), choose))],
      [3, () => corrupted(json(near()), choose)],
      [1, () => json(junkValue(choose))],
      [3, () => junkBody(choose)],
    ]);
  }
}

const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'PROPFIND', 'SEARCH'];

const TYPES = [
  '',
  'text/plain',
  'application/xml',
  'application/x-www-form-urlencoded',
  'multipart/form-data; boundary=x',
  'application/json; charset=utf-16',
  'application/json; charset="utf-8"; a=b',
  'application/grpc',
  'application/connect+json',
  'application/json,application/json',
  ';',
  '\u00ff',
];

const CREDENTIALS = [
  'x',
  `sk_otp_live_${'A'.repeat(43)}`,
  'eyJhbGciOiJub25lIn0.e30.',
  'eyJ',
  'a b c',
  '\u00ff\u00fe',
  'x'.repeat(5_000),
];

const HEADERS: readonly (() => Record<string, string | readonly string[]>)[] = [
  () => ({ 'idempotency-key': '' }),
  () => ({ 'idempotency-key': 'the-same' }),
  () => ({ 'idempotency-key': 'x'.repeat(128) }),
  () => ({ 'idempotency-key': 'x'.repeat(129) }),
  () => ({ 'idempotency-key': '\u00e9\u00ff' }),
  () => ({ 'idempotency-key': ['one', 'two'] }),
  () => ({ 'idempotency-key': '__proto__' }),
  () => ({ 'x-request-id': '' }),
  () => ({ 'x-request-id': 'x'.repeat(65) }),
  () => ({ 'x-request-id': 'a b;c' }),
  () => ({ 'x-request-id': ['one', 'two'] }),
  () => ({ 'x-request-id': '\u00e9' }),
  () => ({ 'x-forwarded-for': '203.0.113.7, nonsense, ::1' }),
  () => ({ forwarded: 'for="[2001:db8::1]:4711"' }),
  () => ({ origin: 'https://elsewhere.example' }),
  () => ({ origin: 'null' }),
  () => ({ 'content-encoding': 'gzip' }),
  () => ({ 'content-encoding': 'br, identity' }),
  () => ({ 'accept-encoding': 'gzip;q=nonsense' }),
  () => ({ accept: 'text/html' }),
  () => ({ 'transfer-encoding': 'chunked' }),
  () => ({ expect: '100-continue' }),
  () => ({ range: 'bytes=0-0' }),
  () => ({ 'x-http-method-override': 'DELETE' }),
  () => ({ 'connect-protocol-version': '1' }),
  () => ({ 'grpc-timeout': '1n' }),
  () => ({ cookie: 'a=b; '.repeat(500) }),
  () => ({ host: 'elsewhere.example:1' }),
  () => ({ 'access-control-request-method': 'POST', origin: 'https://elsewhere.example' }),
  () => Object.fromEntries(Array.from({ length: 120 }, (_, i) => [`x-${i}`, 'x'])),
  () => ({ 'x-long': 'x'.repeat(17_000) }),
];

/** As encodeURIComponent, which refuses half a surrogate pair. */
const encoded = (text: string): string => encodeURIComponent(text.toWellFormed());
