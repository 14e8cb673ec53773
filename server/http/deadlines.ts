import { constants } from 'node:http2';
import type { Clock } from '../platform/clock.js';
import type { Connection, Exchange } from './connection.js';
import type { Connections } from './connections.js';
import type { HttpLimits } from './limits.js';
import { cut, type HttpRequest, isHttp2 } from './message.js';

/**
 * Looks at every connection every `sweepMs` and ends what takes too long. One
 * look at all costs less than a timer per connection and stream. Node itself
 * limits the time of an HTTP/1.1 header, request and keep-alive; everything
 * else is here. Returns a function that stops it.
 */
export function watchDeadlines(connections: Connections, limits: HttpLimits, clock: Clock): () => void {
  let cancel: () => void;
  const look = () => {
    const now = clock.now();
    for (const connection of connections) {
      if (overdue(connection, limits, now)) connection.socket.destroy();
      else if (connection.exchanges.size > 0) lookAtBusy(connection, limits, clock, now);
      else if (connection.session && now - connection.idleSince >= limits.sessionIdleMs)
        connection.conclude(now);
    }
    cancel = clock.after(limits.sweepMs, look);
  };
  cancel = clock.after(limits.sweepMs, look);
  return () => cancel();
}

function overdue(connection: Connection, limits: HttpLimits, now: number): boolean {
  const { openedAt, idleSince, concludedAt } = connection;
  if (!connection.spoken) return now - openedAt >= limits.firstBytesMs;
  const idle = connection.exchanges.size === 0;
  if (idle && concludedAt !== undefined) return now - Math.max(idleSince, concludedAt) >= limits.lingerMs;
  if (connection.session) return !connection.settled && now - openedAt >= limits.headersMs;
  // Node restarts its keep-alive limit at every byte, so blank lines between requests would last for ever.
  return idle && now - idleSince >= limits.keepAliveMs + limits.headersMs;
}

function lookAtBusy(connection: Connection, limits: HttpLimits, clock: Clock, now: number): void {
  for (const exchange of connection.exchanges) {
    const late = now - exchange.startedAt >= limits.requestMs && !arrived(exchange);
    if (late || stalled(exchange, limits, clock, now)) cut(exchange.req, constants.NGHTTP2_CANCEL);
    // HTTP/1.1 sends one response after another: those behind the first wait for it, not for the peer.
    if (!connection.session) return;
  }
}

/** Whether the request has ended. */
function arrived(exchange: Exchange): boolean {
  const { req } = exchange;
  // Node's own limit responds to an HTTP/1.1 request that is late.
  exchange.arrived ||= !isHttp2(req) || req.stream.endAfterHeaders || !openForPeer(req);
  return exchange.arrived;
}

const openForPeer = (req: HttpRequest): boolean =>
  isHttp2(req) && req.stream.state.state === constants.NGHTTP2_STREAM_STATE_OPEN;

/** Whether the peer has read nothing of a response that waits for it. */
function stalled(exchange: Exchange, limits: HttpLimits, clock: Clock, now: number): boolean {
  const { req, res } = exchange;
  const waiting = isHttp2(req)
    ? req.stream.writableLength
    : (res as { writableLength: number }).writableLength;
  if (waiting === 0 || waiting < exchange.waiting) exchange.waitingSince = now;
  exchange.waiting = waiting;
  if (waiting === 0) return false;
  if (!exchange.watched) {
    exchange.watched = true;
    // A long response written piece by piece may have the same amount waiting at every look.
    res.on('drain', () => {
      exchange.waitingSince = clock.now();
    });
  }
  return now - exchange.waitingSince >= limits.stallMs;
}
