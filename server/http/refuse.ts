import { STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import type { Failure } from '../errors.js';
import type { Connections } from './connections.js';
import type { RejectedRequests } from './rejectedRequests.js';
import { errorBody } from './respond.js';

/**
 * Responds to bytes that are no HTTP/1.1 request. There is no response object for
 * them, so the response is written to the socket itself. Then the connection
 * takes nothing more, but it is not destroyed yet: that would reset it while
 * the peer may still be sending, and the peer would never see the response.
 */
export function refuse(
  socket: Socket,
  failure: Failure,
  connections: Connections,
  now: number,
  rejectedRequests: RejectedRequests | undefined,
): void {
  const connection = connections.of(socket);
  // The parser complains again about every packet that follows.
  if (connection?.refused) return;
  if (connection === undefined || !socket.writable) {
    socket.destroy();
    return;
  }
  connection.refused = true;
  const underWay = [...connection.exchanges];
  // Good requests came before: they get their responses, and then the connection closes.
  const owed = underWay.filter(({ req }) => req.complete);
  if (owed.length > 0) {
    connection.conclude(now, owed.at(-1));
    return;
  }
  // What is broken is the body of a request whose response has begun: all that can be done is to cut it off.
  if (underWay.some(({ res }) => res.headersSent)) {
    socket.destroy();
    return;
  }
  connection.concludedAt ??= now;
  connections.abandon(connection);
  socket.end(rawResponse(failure, rejectedRequests?.unreadable(failure, socket.remoteAddress ?? '')));
  socket.resume();
}

function rawResponse(failure: Failure, requestId: string | undefined): string {
  const { status } = failure.row;
  const body = JSON.stringify(errorBody(failure));
  return [
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}`,
    'content-type: application/json',
    `content-length: ${Buffer.byteLength(body)}`,
    ...(requestId === undefined ? [] : [`x-request-id: ${requestId}`]),
    'connection: close',
    '',
    body,
  ].join('\r\n');
}
