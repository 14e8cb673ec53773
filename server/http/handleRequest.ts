import type { IncomingMessage } from 'node:http';
import { constants } from 'node:http2';
import { Failure, toFailure } from '../errors.js';
import type { Clock } from '../platform/clock.js';
import type { Connections } from './connections.js';
import type { HttpLimits } from './limits.js';
import { cut, type HttpHandler, type HttpRequest, type HttpResponse, isHttp2 } from './message.js';
import type { RejectedRequests } from './rejectedRequests.js';
import { sendFailure } from './respond.js';

interface RequestHandlerDeps {
  readonly handler: HttpHandler;
  readonly connections: Connections;
  readonly limits: HttpLimits;
  readonly clock: Clock;
  readonly rejectedRequests: RejectedRequests | undefined;
}

/**
 * What both HTTP versions call with each request: notes it, refuses what no
 * handler should see, runs the handler and responds to what it throws.
 */
export function createRequestHandler({
  handler,
  connections,
  limits,
  clock,
  rejectedRequests,
}: RequestHandlerDeps): (req: HttpRequest, res: HttpResponse) => void {
  return (req, res) => {
    // A stream that was reset, or a session that died, before its request got here has no session any more.
    const carrier = isHttp2(req) ? req.stream.session : req.socket;
    const connection = carrier && connections.of(carrier);
    if (connection === undefined || (isHttp2(req) && req.stream.destroyed)) return;
    if (!isHttp2(req)) {
      // Pipelined behind the response that closes the connection: it gets no response, so it must not run either.
      if (connection.concludedAt !== undefined) return;
      if (connection.exchanges.size >= limits.requestsAtOnce) return connection.conclude(clock.now());
    }
    connections.begin(connection, req, res);
    // Node ignores the wish to upgrade, as it should, but drops what came behind it in the same packet. What
    // follows after that would be read from the middle, which is how requests are smuggled.
    if (!isHttp2(req) && req.headers.upgrade !== undefined) connection.conclude(clock.now());
    handle(req, res, limits, handler, rejectedRequests);
  };
}

function handle(
  req: HttpRequest,
  res: HttpResponse,
  limits: HttpLimits,
  handler: HttpHandler,
  rejectedRequests: RejectedRequests | undefined,
): void {
  const fail = (thrown: unknown) => {
    const failure = toFailure(thrown);
    if (rejectedRequests) recordRefusal(rejectedRequests, failure, req, res);
    if (!res.headersSent) sendFailure(req, res, failure);
    // Half a response cannot be corrected; cutting it off shows the peer that it is incomplete.
    else if (!res.writableEnded) cut(req, constants.NGHTTP2_INTERNAL_ERROR);
  };
  try {
    if (!isHttp2(req)) checkHead(req, res, limits);
    handler(req, res)?.catch(fail);
  } catch (thrown) {
    fail(thrown);
  }
}

/** The id is in the response and in the log, so that one leads to the other. */
function recordRefusal(
  rejectedRequests: RejectedRequests,
  failure: Failure,
  req: HttpRequest,
  res: HttpResponse,
): void {
  const given = res.getHeader('x-request-id');
  const requestId = typeof given === 'string' ? given : rejectedRequests.idOf(req);
  if (!res.headersSent) res.setHeader('x-request-id', requestId);
  rejectedRequests.refused(failure, req, requestId);
}

/** What node's HTTP/1.1 parser lets pass and HTTP/2 sessions check themselves. */
function checkHead(req: IncomingMessage, res: HttpResponse, limits: HttpLimits): void {
  const refuse = (failure: Failure): never => {
    res.setHeader('connection', 'close');
    throw failure;
  };
  // Node would drop fields beyond its own limit in silence, but a request without part of its header is another one.
  if (req.rawHeaders.length > 2 * limits.headerCount) refuse(new Failure('HEADER_TOO_LARGE'));
  if (req.headers.host === undefined && req.httpVersion === '1.1') {
    refuse(new Failure('INVALID_REQUEST', { message: 'The Host header is missing.' }));
  }
  // RFC 9112 section 3.2: of two, a proxy in front may have read the other one.
  if (hostsOf(req) > 1) refuse(new Failure('INVALID_REQUEST', { message: 'There must be one Host header.' }));
  const url = req.url ?? '';
  if (url.startsWith('/')) return;
  // RFC 9112 section 3.2.2: a server accepts the absolute form too, although only proxies are sent it.
  if (URL.canParse(url)) {
    const { pathname, search } = new URL(url);
    req.url = pathname + search;
  } else if (url !== '*')
    refuse(new Failure('INVALID_REQUEST', { message: 'The request target is not valid.' }));
}

/** Node keeps the first one only in `headers`. */
const hostsOf = ({ rawHeaders }: IncomingMessage): number =>
  rawHeaders.filter((name, at) => at % 2 === 0 && name.length === 4 && name.toLowerCase() === 'host').length;
