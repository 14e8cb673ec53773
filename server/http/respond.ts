import type { OutgoingHttpHeaders } from 'node:http';
import { constants } from 'node:http2';
import { stringifyExact } from '../domain/exactJson.js';
import type { Failure } from '../errors.js';
import { type HttpRequest, type HttpResponse, isHttp2, pathOf } from './message.js';
import { retryAfterHeader } from './retryAfterHeader.js';

/** What a refused plain HTTP request gets, wherever no dialect has a body of its own. */
export const errorBody = (failure: Failure): { code: string; message: string } => ({
  code: failure.reason,
  message: failure.message,
});

/** Responds with a failure: its status, its body, and Retry-After where waiting helps. */
export function sendFailure(req: HttpRequest, res: HttpResponse, failure: Failure): void {
  if (isGrpc(req)) sendGrpcFailure(req, res, failure);
  else sendJson(req, res, failure.row.status, errorBody(failure), retryAfterHeader(failure));
}

/** Whether it is a gRPC call: by its media type and by a path such as /otp.v1.OtpService/Send, not by either alone. */
const isGrpc = (req: HttpRequest): boolean =>
  req.method === 'POST' &&
  /^\/\w+(?:\.\w+)+\/\w+$/.test(pathOf(req)) &&
  /^application\/grpc(?!-web-text)/.test(req.headers['content-type'] ?? '');

/**
 * A gRPC client expects HTTP 200 and a status in the header, for a method that
 * does not exist as well (PROTOCOL-HTTP2.md, "Trailers-Only"); canonical codes
 * are gRPC's own numbers.
 */
function sendGrpcFailure(req: HttpRequest, res: HttpResponse, failure: Failure): void {
  if (res.headersSent || res.writableEnded) return;
  const isUnknown = failure.reason === 'ROUTE_NOT_FOUND';
  const message = isUnknown ? `unknown method ${pathOf(req).slice(0, 200)}` : failure.message;
  const head = {
    'content-type': req.headers['content-type'],
    'grpc-status': String(failure.row.code),
    'grpc-message': encodeURI(message).replaceAll('%20', ' '),
    ...retryAfterHeader(failure),
  };
  req.resume();
  if (isHttp2(req)) {
    // One frame: behind an empty body the status would be missing from the trailer.
    req.stream.respond({ ':status': 200, ...res.getHeaders(), ...head }, { endStream: true });
    return;
  }
  res.writeHead(200, head);
  res.end();
}

/**
 * Responds with a JSON body. Responses are about codes and tokens, so none is cached.
 * A 413 is sent in such a way that a peer still busy with its body can read it.
 */
export function sendJson(
  req: HttpRequest,
  res: HttpResponse,
  status: number,
  body: unknown,
  headers?: OutgoingHttpHeaders,
): void {
  // A peer that has hung up cannot read a response, and node throws on a second one.
  if (res.headersSent || res.writableEnded) return;
  // As text, node sends head and body in one write; as bytes it would need two.
  const text = stringifyExact(body);
  const head: OutgoingHttpHeaders = {
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(text),
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
    ...headers,
  };
  if (status === 413) respondMidBody(req, res, head, text);
  else {
    res.writeHead(status, head);
    res.end(text);
  }
}

/**
 * HTTP/1.1: closing with unread bytes resets the connection, and a reset can
 * overtake the response. So the whole response is written, the rest of the body is
 * read and dropped, and only then does the response end and the connection close.
 * A peer that never stops runs into the time limit for requests.
 * HTTP/2: the stream is closed without an error after the response (RFC 9113 section 8.1).
 */
function respondMidBody(req: HttpRequest, res: HttpResponse, head: OutgoingHttpHeaders, body: string): void {
  if (isHttp2(req)) {
    res.writeHead(413, head);
    res.end(body);
    req.stream.close(constants.NGHTTP2_NO_ERROR);
    return;
  }
  res.writeHead(413, { ...head, connection: 'close' });
  res.write(body);
  if (req.complete) {
    res.end();
    return;
  }
  req.once('close', () => res.end());
  req.resume();
}
