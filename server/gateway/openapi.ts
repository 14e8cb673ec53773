import { z } from 'zod';
import { sendJson } from '../http/respond.js';
import type { ExactRoute } from '../http/router.js';
import type { Dialect, RestRoute } from './dialect.js';

/** Headers a caller of any route may send or read. */
const HEADERS = {
  'Idempotency-Key': 'Makes repeating the call safe for 24 hours; at most 128 characters.',
  'X-End-User-IP':
    'IP address of the person, for the limits per IP address and to recognise a known network.',
  'X-Device-Id': 'A value that only the browser or app of the person knows; at most 128 characters.',
  'X-Request-Id': 'Returned in the response and written to the log; generated when missing.',
} as const;

/** Those that only calls with a body use. */
const POST_HEADERS: ReadonlySet<string> = new Set(['Idempotency-Key', 'X-End-User-IP', 'X-Device-Id']);

const ANSWER_HEADERS = {
  'X-Request-Id': 'The id of this request.',
  'X-RateLimit-Limit': 'Calls the tightest limit allows in its window.',
  'X-RateLimit-Remaining': 'How many of them are left.',
  'X-RateLimit-Reset': 'Seconds until one comes back.',
} as const;

const REFUSAL_HEADERS = {
  ...ANSWER_HEADERS,
  'Retry-After': 'Seconds to wait, where waiting helps.',
} as const;

/** `GET /openapi.json`. */
export function openapiRoute(dialects: readonly Dialect[]): ExactRoute {
  let document: Record<string, unknown> | undefined;
  return {
    method: 'GET',
    path: '/openapi.json',
    crossOrigin: true,
    handle(req, res) {
      document ??= openapi(dialects);
      sendJson(req, res, 200, document);
    },
  };
}

/**
 * The OpenAPI 3.1 description of the REST dialects, made of the very shapes by
 * which requests are read. Where a document prints a body, its words are fixed;
 * see each dialect.
 */
export function openapi(dialects: readonly Dialect[]): Record<string, unknown> {
  return {
    openapi: '3.1.0',
    info: {
      title: 'Countersign',
      version: '1',
      description:
        'One-time passwords over three REST dialects. The same sessions are served over gRPC and Connect.',
    },
    tags: dialects.map(({ name, title }) => ({ name, description: title })),
    paths: pathsOf(dialects),
    components: {
      schemas: Object.fromEntries(
        dialects.map(({ name, refusal }) => [refusalName(name), schema(refusal, 'output')]),
      ),
      securitySchemes: {
        bearer: {
          type: 'http',
          scheme: 'bearer',
          description: 'An API key, or an access token of /v1/oauth/token.',
        },
        apiKey: { type: 'apiKey', in: 'header', name: 'X-API-Key' },
      },
    },
  };
}

function pathsOf(dialects: readonly Dialect[]): Record<string, Record<string, unknown>> {
  const paths: Record<string, Record<string, unknown>> = {};
  for (const dialect of dialects) {
    for (const route of dialect.routes) {
      paths[route.path] = { ...paths[route.path], [route.method.toLowerCase()]: operation(dialect, route) };
    }
  }
  return paths;
}

function operation(dialect: Dialect, route: RestRoute): Record<string, unknown> {
  const body = route.body && schema(route.body, 'input');
  return {
    operationId: `${dialect.name}.${route.method.toLowerCase()}${route.path.replaceAll(/[{}]/g, '').replaceAll('/', '.')}`,
    summary: route.summary,
    tags: [dialect.name],
    security: route.open ? [] : credentialsOf(dialect),
    parameters: parameters(route),
    ...(body && {
      requestBody: {
        required: true,
        content: {
          'application/json': { schema: body },
          ...(route.form && { 'application/x-www-form-urlencoded': { schema: body } }),
        },
      },
    }),
    responses: {
      200: {
        description: 'Success',
        headers: described({
          ...ANSWER_HEADERS,
          ...(route.sandboxCode && { 'X-Sandbox-Code': 'The code, for a test key only.' }),
        }),
        ...json(schema(route.response, 'output')),
      },
      default: {
        description: 'Refused',
        headers: described(REFUSAL_HEADERS),
        ...json({ $ref: `#/components/schemas/${refusalName(dialect.name)}` }),
      },
    },
  };
}

/** Any one of these: a dialect that takes a key in its own header takes it as a Bearer too. */
const credentialsOf = ({ credential }: Dialect): Record<string, never[]>[] =>
  credential === 'apiKey' ? [{ apiKey: [] }, { bearer: [] }] : [{ bearer: [] }];

function parameters(route: RestRoute): unknown[] {
  const inPath = [...route.path.matchAll(/\{(\w+)\}/g)].map(([, name]) => ({
    name,
    in: 'path',
    required: true,
    schema: { type: 'string' },
  }));
  const query = route.query ? (schema(route.query, 'input') as QuerySchema) : {};
  const inQuery = Object.entries(query.properties ?? {}).map(([name, shape]) => ({
    name,
    in: 'query',
    required: query.required?.includes(name) ?? false,
    // Written as name[key]=value.
    ...(shape.type === 'object' && { style: 'deepObject', explode: true }),
    schema: shape,
  }));
  const inHeader = Object.entries(HEADERS)
    .filter(([name]) => route.method === 'POST' || !POST_HEADERS.has(name))
    .map(([name, description]) => ({
      name,
      in: 'header',
      required: false,
      description,
      schema: { type: 'string' },
    }));
  return [...inPath, ...inQuery, ...inHeader];
}

interface QuerySchema {
  readonly properties?: Record<string, { readonly type?: string | readonly string[] }>;
  readonly required?: readonly string[];
}

function schema(shape: z.ZodType, io: 'input' | 'output'): Record<string, unknown> {
  const { $schema: _dialect, ...rest } = z.toJSONSchema(shape, { io, unrepresentable: 'any' });
  return withNullTypes(rest) as Record<string, unknown>;
}

/** What may be `null` as a list of types, which readers and generators understand better than `anyOf`. */
function withNullTypes(node: unknown): unknown {
  if (Array.isArray(node)) return node.map(withNullTypes);
  if (typeof node !== 'object' || node === null) return node;
  const inner = Object.fromEntries(Object.entries(node).map(([key, value]) => [key, withNullTypes(value)]));
  const { anyOf, ...rest } = inner as { anyOf?: readonly Record<string, unknown>[] };
  if (anyOf?.length !== 2 || anyOf[1]?.type !== 'null' || typeof anyOf[0]?.type !== 'string') return inner;
  const { type, const: only, enum: several, ...either } = anyOf[0];
  const words = only === undefined ? several : [only];
  return {
    ...either,
    type: [type, 'null'],
    ...(Array.isArray(words) && { enum: [...words, null] }),
    ...rest,
  };
}

const json = (shape: unknown) => ({ content: { 'application/json': { schema: shape } } });

const described = (headers: Readonly<Record<string, string>>) =>
  Object.fromEntries(
    Object.entries(headers).map(([name, description]) => [name, { description, schema: { type: 'string' } }]),
  );

const refusalName = (dialect: string): string => `${dialect}Refusal`;
