import { ERRORS } from '../../errors.js';
import { sendJson } from '../../http/respond.js';
import type { ExactRoute } from '../../http/router.js';
import type { Dialect, RestRoute } from '../dialect.js';
import { descriptionOf, refusalsOf } from './reasons.js';
import { createSchemaRegistry, type SchemaRegistry } from './schemas.js';

type Json = Readonly<Record<string, unknown>>;

/** Headers a caller of any route may send. */
const REQUEST_HEADERS = {
  'Idempotency-Key': 'Makes repeating the call safe for 24 hours; at most 128 characters.',
  'X-End-User-IP':
    'IP address of the person, for the limits per IP address and to recognise a known network.',
  'X-Device-Id': 'A value that only the browser or app of the person knows; at most 128 characters.',
  'X-Request-Id': 'Returned in the response and written to the log; generated when missing.',
} as const;

/** Those that only calls with a body use. */
const WITH_BODY: ReadonlySet<string> = new Set(['Idempotency-Key', 'X-End-User-IP', 'X-Device-Id']);

/** Headers a caller may read. */
const RESPONSE_HEADERS = {
  'X-Request-Id': 'The id of this request.',
  'X-RateLimit-Limit': 'Calls the tightest limit allows in its window.',
  'X-RateLimit-Remaining': 'How many of them are left.',
  'X-RateLimit-Reset': 'Seconds until one comes back.',
  'X-Sandbox-Code': 'The code, for a test key only.',
  'X-Ignored-Fields': 'For a test key: fields of the request that the API does not have.',
  'Retry-After': 'Seconds to wait, where waiting helps.',
} as const;

type HeaderName = keyof typeof RESPONSE_HEADERS;

const OF_ALL: readonly HeaderName[] = [
  'X-Request-Id',
  'X-RateLimit-Limit',
  'X-RateLimit-Remaining',
  'X-RateLimit-Reset',
  'X-Ignored-Fields',
];

/** Statuses after which waiting helps. */
const WAIT = [429, 503];

/** `GET /openapi.json`. */
export function openapiRoute(dialects: readonly Dialect[]): ExactRoute {
  let document: Json | undefined;
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
 * which requests are read, the comments of the contract and the error table.
 * Where a document prints a body, its words are fixed; see each dialect.
 */
export function openapi(dialects: readonly Dialect[]): Json {
  const schemas = createSchemaRegistry();
  const paths: Record<string, Json> = {};
  for (const dialect of dialects) {
    schemas.named(refusalName(dialect), dialect.refusal, 'output');
    for (const route of dialect.routes) {
      paths[route.path] = {
        ...paths[route.path],
        [route.method.toLowerCase()]: operation(schemas, dialect, route),
      };
    }
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'Countersign',
      version: '1',
      license: { name: 'MIT', identifier: 'MIT' },
      description:
        'One-time passwords over three REST dialects. The same sessions are served over gRPC and Connect.',
    },
    servers: [{ url: '/', description: 'The service that serves this document.' }],
    tags: dialects.map(({ name, title }) => ({ name, description: title })),
    paths,
    components: {
      schemas: schemas.all(),
      headers: Object.fromEntries(
        Object.entries(RESPONSE_HEADERS).map(([name, description]) => [
          name,
          { description, schema: { type: 'string' } },
        ]),
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

function operation(schemas: SchemaRegistry, dialect: Dialect, route: RestRoute): Json {
  const id = operationId(dialect, route);
  const name = capital(id);
  const body = route.body && {
    schema: schemas.named(`${name}Request`, route.body, 'input'),
    ...(route.example?.body !== undefined && { example: route.example.body }),
  };
  return {
    operationId: id,
    summary: route.summary,
    description: descriptionOf(route),
    tags: [dialect.name],
    security: route.open ? [] : credentialsOf(dialect),
    parameters: parameters(schemas, route),
    ...(body && {
      requestBody: {
        required: true,
        content: {
          'application/json': body,
          ...(route.form && { 'application/x-www-form-urlencoded': body }),
        },
      },
    }),
    responses: {
      200: {
        description: 'Success',
        headers: headers([...OF_ALL, ...(route.sandboxCode ? (['X-Sandbox-Code'] as const) : [])]),
        content: {
          'application/json': {
            schema: schemas.named(`${name}Response`, route.response, 'output'),
            ...(route.example && { example: route.example.response }),
          },
        },
      },
      ...Object.fromEntries(
        refusalsOf(dialect, route).map(([status, reasons]) => [
          status,
          {
            ...refused(dialect, reasons.map((reason) => `${reason}: ${ERRORS[reason].message}`).join(' ')),
            headers: headers(WAIT.includes(status) ? [...OF_ALL, 'Retry-After'] : OF_ALL),
            'x-reasons': reasons,
          },
        ]),
      ),
      default: refused(dialect, 'Any other refusal.'),
    },
  };
}

const refused = (dialect: Dialect, description: string): Json => ({
  description,
  content: {
    'application/json': { schema: { $ref: `#/components/schemas/${refusalName(dialect)}` } },
  },
});

/** `multichannelSend`: the dialect and the method of the contract; a route without one is named by the last part of its path. */
function operationId({ name }: Dialect, { calls, path }: RestRoute): string {
  return name + capital(calls?.name ?? path.split('/').at(-1)!);
}

const capital = (word: string): string => word.charAt(0).toUpperCase() + word.slice(1);

const refusalName = ({ name }: Dialect): string => `${capital(name)}Refusal`;

/** Any one of these: a dialect that takes a key in its own header takes it as a Bearer too. */
const credentialsOf = ({ credential }: Dialect): Record<string, never[]>[] =>
  credential === 'apiKey' ? [{ apiKey: [] }, { bearer: [] }] : [{ bearer: [] }];

const headers = (names: readonly HeaderName[]): Json =>
  Object.fromEntries(names.map((name) => [name, { $ref: `#/components/headers/${name}` }]));

function parameters(schemas: SchemaRegistry, route: RestRoute): unknown[] {
  const inPath = [...route.path.matchAll(/\{(\w+)\}/g)].map(([, name]) => ({
    name,
    in: 'path',
    required: true,
    schema: { type: 'string', minLength: 1 },
  }));
  const query = route.query ? (schemas.inline(route.query, 'input') as QuerySchema) : {};
  const inQuery = Object.entries(query.properties ?? {}).map(([name, shape]) => ({
    name,
    in: 'query',
    required: query.required?.includes(name) ?? false,
    // Written as name[key]=value.
    ...(shape.type === 'object' && { style: 'deepObject', explode: true }),
    schema: shape,
  }));
  const inHeader = Object.entries(REQUEST_HEADERS)
    .filter(([name]) => route.body !== undefined || !WITH_BODY.has(name))
    .map(([name, description]) => ({
      name,
      in: 'header',
      required: false,
      description,
      schema: {
        type: 'string',
        ...(['Idempotency-Key', 'X-Device-Id'].includes(name) && { maxLength: 128 }),
        ...(name === 'X-End-User-IP' && {
          anyOf: [{ format: 'ipv4' }, { format: 'ipv6' }, { maxLength: 0 }],
        }),
      },
    }));
  return [...inPath, ...inQuery, ...inHeader];
}

interface QuerySchema {
  readonly properties?: Record<string, { readonly type?: string }>;
  readonly required?: readonly string[];
}
