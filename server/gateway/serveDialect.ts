import { create } from '@bufbuild/protobuf';
import type { z } from 'zod';
import type { ArrivingCall, Envelope } from '../call/call.js';
import { jsonTextOf, withJsonText } from '../domain/exactJson.js';
import { readEndUserIp } from '../domain/ipAddresses.js';
import { describe, Failure, invalid, toFailure } from '../errors.js';
import { mediaTypeOf, readForm, readJson } from '../http/body.js';
import { type HttpHandler, type HttpRequest, type HttpResponse, pathOf } from '../http/message.js';
import { readShape } from '../http/readShape.js';
import type { RejectedRequests } from '../http/rejectedRequests.js';
import { sendJson } from '../http/respond.js';
import { retryAfterHeader } from '../http/retryAfterHeader.js';
import type { PrefixRoute } from '../http/router.js';
import { readEnvelope } from '../pipeline/envelope.js';
import { headersOf } from '../pipeline/headers.js';
import type { Pipeline } from '../pipeline/index.js';
import type { Clock } from '../platform/clock.js';
import type { Dialect, Exchange, RestResponse, RestRoute } from './dialect.js';
import { ignoredFields } from './ignoredFields.js';
import { createMatcher, type FoundRoute } from './matcher.js';
import { nested, onceEach, queryOf, refuseUnknown } from './parameters.js';

/** As many characters as SendRequest.device_id takes. */
const MOST_DEVICE_ID = 128;

interface Parts {
  readonly pipeline: Pipeline;
  readonly clock: Clock;
  readonly peerOf: (req: HttpRequest) => string;
  readonly originOf: (req: HttpRequest) => string | undefined;
  readonly rejectedRequests: RejectedRequests;
}

/**
 * Serves a dialect: finds the route, reads the request, runs the method of the
 * contract through the same pipeline as gRPC, and responds in the
 * dialect's own form, also to failures.
 */
export function dialectRoutes(dialect: Dialect, parts: Parts): PrefixRoute[] {
  const match = createMatcher(dialect.routes);
  const handle: HttpHandler = async (req, res) => {
    const requestId = parts.rejectedRequests.idOf(req);
    const trace: Trace = { headers: headersOf({ requestId }), body: undefined, called: false, logged: false };
    try {
      const found = match(req.method ?? '', pathOf(req));
      if ('allow' in found) {
        trace.headers.allow = found.allow;
        if (req.method !== 'OPTIONS') throw new Failure('METHOD_NOT_ALLOWED');
        res.writeHead(204, trace.headers);
        res.end();
        return;
      }
      const envelope = readEnvelope((name) => header(req, name), {
        transport: dialect.name,
        credentialIn: dialect.credential === 'apiKey' ? ['x-api-key', 'authorization'] : ['authorization'],
        peer: parts.peerOf(req),
        origin: parts.originOf(req),
        requestId,
        signal: goneSignal(res),
        ...found.route.rules,
      });
      const response = await respond(found, req, envelope, trace);
      sendJson(req, res, response.status ?? 200, response.body, { ...trace.headers, ...response.headers });
    } catch (thrown) {
      const failure = toFailure(thrown);
      if (!trace.logged) parts.rejectedRequests.refused(failure, req, requestId);
      const { status = failure.row.status, body, headers } = dialect.refuse(failure, trace.body);
      sendJson(req, res, status, body, {
        ...trace.headers,
        ...retryAfterHeader(failure),
        ...challenge(failure),
        ...headers,
      });
    }
  };

  async function respond(
    { route, params }: FoundRoute,
    req: HttpRequest,
    envelope: Envelope,
    trace: Trace,
  ): Promise<RestResponse> {
    const setHeaders = (call: ArrivingCall) =>
      Object.assign(trace.headers, headersOf(call), ignoredHeader(route, trace.body, call));
    try {
      return await route.handle(await open(route, params, req, envelope, trace, setHeaders));
    } catch (thrown) {
      const failure = toFailure(thrown);
      // Faults belong to no caller, and callers of the token endpoint are not known yet.
      if (trace.called || !route.calls || failure.row.status >= 500) throw failure;
      trace.logged = true;
      return parts.pipeline.refuse(route.calls, failure, envelope, setHeaders);
    }
  }

  async function open(
    route: RestRoute,
    params: Readonly<Record<string, string>>,
    req: HttpRequest,
    envelope: Envelope,
    trace: Trace,
    setHeaders: (call: ArrivingCall) => void,
  ): Promise<Exchange> {
    if (!route.open && envelope.credential === undefined) throw new Failure('UNAUTHENTICATED');
    if (route.body) trace.body = await readBody(route, req);
    return {
      body: route.body && withTextOf(trace.body, readShape(route.body, trace.body)),
      query: route.query && readQuery(route.query, req),
      params,
      req,
      peer: envelope.peer,
      now: () => parts.clock.now(),
      requestKey: requestKeyOf(req),
      person: personOf(req),
      async call(request) {
        const method = route.calls!;
        trace.called = true;
        const message = create(method.input, request);
        const response = await parts.pipeline.call(method, message, envelope, setHeaders).catch((thrown) => {
          trace.logged = true;
          throw withDialectFields(dialect, toFailure(thrown));
        });
        return create(method.output, response);
      },
    };
  }

  return dialect.prefixes.map((prefix) => ({ prefix, crossOrigin: true, handle }));
}

/** The shaped body, beside which the text of the whole is still known. */
function withTextOf(body: unknown, shaped: unknown): unknown {
  const text = typeof body === 'object' && body !== null ? jsonTextOf(body) : undefined;
  if (text !== undefined && typeof shaped === 'object' && shaped !== null) withJsonText(shaped, text);
  return shaped;
}

/** What is known of a request by the time of its response. */
interface Trace {
  readonly headers: Record<string, string>;
  body: unknown;
  /** The method of the contract was called. */
  called: boolean;
  /** The pipeline logged how it failed. */
  logged: boolean;
}

const header = (req: HttpRequest, name: string): string | undefined => {
  const value = req.headers[name];
  return Array.isArray(value) ? value[0] : value;
};

function requestKeyOf(req: HttpRequest): string {
  const key = header(req, 'idempotency-key') ?? '';
  if (key.length <= 128) return key;
  throw new Failure('INVALID_REQUEST', {
    violations: [{ field: 'Idempotency-Key', description: 'must be at most 128 characters long' }],
  });
}

function readQuery(shape: z.ZodType, req: HttpRequest): unknown {
  const given = nested(onceEach(queryOf(req)));
  refuseUnknown(shape, given);
  return readShape(shape, given);
}

/** Where the person is, by the two headers that each dialect takes besides what is documented of it. */
function personOf(req: HttpRequest): Exchange['person'] {
  const endUserIp = header(req, 'x-end-user-ip') ?? '';
  const deviceId = header(req, 'x-device-id') ?? '';
  if (endUserIp && readEndUserIp(endUserIp) === undefined)
    throw invalid('X-End-User-IP', 'must be an IP address');
  if (deviceId.length > MOST_DEVICE_ID)
    throw invalid('X-Device-Id', `must be at most ${MOST_DEVICE_ID} characters long`);
  return { endUserIp, deviceId };
}

async function readBody(route: RestRoute, req: HttpRequest): Promise<unknown> {
  if (!route.form || mediaTypeOf(req) === 'application/json') return readJson(req);
  return onceEach(await readForm(req));
}

/** Aborted when the caller hangs up before the response. */
function goneSignal(res: HttpResponse): AbortSignal {
  const gone = new AbortController();
  res.once('close', () => {
    if (!res.writableFinished) gone.abort();
  });
  return gone.signal;
}

/** The failure of a call of the contract, with its fields named as the dialect names them. */
function withDialectFields({ fields }: Dialect, failure: Failure): Failure {
  const { violations } = failure.details;
  if (!violations?.some(({ field }) => fields[field] !== undefined)) return failure;
  const renamed = violations.map(({ field, description }) => ({
    field: fields[field] ?? field,
    description,
  }));
  const message = failure.details.message ?? describe(failure.reason, renamed);
  return new Failure(failure.reason, { ...failure.details, violations: renamed, message });
}

/** For test keys: the fields of the body that were ignored, which are often misspelled ones. */
function ignoredHeader(
  { body }: RestRoute,
  given: unknown,
  { principal }: ArrivingCall,
): Record<string, string> {
  const ignored = body && principal?.mode === 'test' ? ignoredFields(body, given) : [];
  return ignored.length > 0 ? { 'x-ignored-fields': ignored.map(encodeURIComponent).join(', ') } : {};
}

/** What a 401 must say (RFC 9110 section 15.5.2); every dialect but the token endpoint takes a Bearer (RFC 6750). */
const challenge = ({ reason }: Failure): Record<string, string> =>
  reason === 'UNAUTHENTICATED' ? { 'www-authenticate': 'Bearer realm="countersign"' } : {};
