import { createServer, type IncomingMessage, type Server } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { Failure, type Reason } from '../errors.js';
import type { Clock } from '../platform/clock.js';
import type { Connections } from './connections.js';
import type { HttpLimits } from './limits.js';
import type { HttpRequest, HttpResponse } from './message.js';
import { refuse } from './refuse.js';
import type { RejectedRequests } from './rejectedRequests.js';

/** Certificate chain and private key, PEM. */
export interface TlsFiles {
  readonly cert: string | Buffer;
  readonly key: string | Buffer;
}

interface Http1Deps {
  readonly serve: (req: HttpRequest, res: HttpResponse) => void;
  readonly connections: Connections;
  readonly limits: HttpLimits;
  readonly clock: Clock;
  readonly tls: TlsFiles | undefined;
  readonly rejectedRequests: RejectedRequests | undefined;
}

/** The HTTP/1.1 server. It is the one that listens; with TLS it also shakes hands for HTTP/2. */
export function createHttp1({ serve, connections, limits, clock, tls, rejectedRequests }: Http1Deps): Server {
  const options = {
    headersTimeout: limits.headersMs,
    requestTimeout: limits.requestMs,
    keepAliveTimeout: limits.keepAliveMs,
    connectionsCheckingInterval: limits.sweepMs,
    maxHeaderSize: limits.headerBytes,
    keepAlive: true,
    keepAliveInitialDelay: limits.tcpKeepAliveMs,
    // A missing Host is refused where the response can have a body.
    requireHostHeader: false,
    insecureHTTPParser: false,
  };
  const server = tls
    ? createTlsServer(
        { ...options, ...tls, ALPNProtocols: ['h2', 'http/1.1'], handshakeTimeout: limits.firstBytesMs },
        serve,
      )
    : createServer(options, serve);
  server.on('clientError', (error: NodeJS.ErrnoException, socket: Duplex) => {
    const reason = reasonOf(error);
    if (reason === undefined) socket.destroy();
    else refuse(socket as Socket, new Failure(reason), connections, clock.now(), rejectedRequests);
  });
  server.on('connect', (_req: IncomingMessage, socket: Duplex) => {
    refuse(socket as Socket, new Failure('METHOD_NOT_ALLOWED'), connections, clock.now(), rejectedRequests);
  });
  return server;
}

/** Undefined for what is no fault of the request: the peer went away. */
function reasonOf({ code }: NodeJS.ErrnoException): Reason | undefined {
  if (code === 'HPE_HEADER_OVERFLOW') return 'HEADER_TOO_LARGE';
  if (code === 'HPE_CHUNK_EXTENSIONS_OVERFLOW') return 'BODY_TOO_LARGE';
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT') return 'REQUEST_TIMEOUT';
  return code?.startsWith('HPE_') ? 'INVALID_REQUEST' : undefined;
}
