import {
  constants,
  createServer,
  type Http2Server,
  type ServerHttp2Session,
  type ServerHttp2Stream,
} from 'node:http2';
import type { Socket } from 'node:net';
import type { Clock } from '../platform/clock.js';
import type { Connection } from './connection.js';
import type { Connections } from './connections.js';
import type { HttpLimits } from './limits.js';
import type { HttpRequest, HttpResponse } from './message.js';

/** Takes over a socket whose peer speaks HTTP/2. */
export type TakeHttp2 = (connection: Connection, socket: Socket) => void;

/** An HTTP/2 server that never listens: it is handed sockets, over TLS or not. */
export function createHttp2(
  serve: (req: HttpRequest, res: HttpResponse) => void,
  connections: Connections,
  limits: HttpLimits,
  clock: Clock,
): TakeHttp2 {
  const server: Http2Server = createServer(
    {
      settings: {
        maxConcurrentStreams: limits.requestsAtOnce,
        maxHeaderListSize: limits.headerBytes,
      },
      maxHeaderListPairs: limits.headerCount,
      maxSessionInvalidFrames: limits.invalidFrames,
    },
    serve,
  );

  return (connection, socket) => {
    const adopt = (session: ServerHttp2Session) => {
      connection.session = session;
      session.once('localSettings', () => {
        connection.settled = true;
      });
      session.on('stream', (stream) => {
        stream.once('close', () => {
          if (isTakenBack(stream)) countReset(connection, session, limits, clock.now());
        });
      });
      connections.spoken(connection, session);
    };
    server.once('session', adopt);
    server.emit('connection', socket);
    server.off('session', adopt);
  };
}

/**
 * Whether the peer reset a stream: before its response was complete, or after
 * the handler had ended it, when there is no "aborted" any more.
 */
const isTakenBack = ({ aborted, rstCode, writableFinished }: ServerHttp2Stream): boolean =>
  aborted || rstCode !== constants.NGHTTP2_NO_ERROR || !writableFinished;

/**
 * Opening streams and taking them back at once ("rapid reset") escapes the
 * limit on streams at once. Beyond the limit the connection ends.
 */
function countReset(
  connection: Connection,
  session: ServerHttp2Session,
  limits: HttpLimits,
  now: number,
): void {
  if (now - connection.resetsSince >= limits.resetWindowMs) {
    connection.resetsSince = now;
    connection.resets = 0;
  }
  connection.resets += 1;
  if (connection.resets > limits.resets) {
    session.destroy(new Error('too many streams taken back'), constants.NGHTTP2_ENHANCE_YOUR_CALM);
  }
}
