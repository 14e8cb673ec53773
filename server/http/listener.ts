import { Server as TlsServer } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import { type Networks, networks } from '../domain/networks.js';
import { type Clock, systemClock } from '../platform/clock.js';
import { acceptPlain, acceptTls, takeOver } from './accept.js';
import type { Connection } from './connection.js';
import { Connections } from './connections.js';
import { watchDeadlines } from './deadlines.js';
import { createRequestHandler } from './handleRequest.js';
import { createHttp1, type TlsFiles } from './http1.js';
import { createHttp2 } from './http2.js';
import type { HttpLimits } from './limits.js';
import type { HttpHandler } from './message.js';
import type { RejectedRequests } from './rejectedRequests.js';

export interface ListenerOptions {
  readonly handler: HttpHandler;
  readonly limits: HttpLimits;
  /** Serve TLS, and nothing but TLS. */
  readonly tls?: TlsFiles | undefined;
  readonly clock?: Clock;
  /** Peers that may open any number of connections. */
  readonly trustedProxies?: Networks;
  readonly rejectedRequests?: RejectedRequests;
}

export interface Listener {
  /** Rejects with node's error where the address cannot be had. Port 0 takes a free one. */
  listen(host: string, port: number): Promise<AddressInfo>;
  /**
   * Accepts nothing more, closes what is idle, notifies the peers (GOAWAY,
   * `connection: close`) and finishes what runs; after `graceMs` cuts off the
   * rest. Resolves when everything is closed. Calling again can only shorten the grace.
   */
  stop(graceMs: number): Promise<void>;
  /** New connections get this certificate; those that are open keep theirs. Without effect where TLS is not served. */
  renewTls(files: TlsFiles): void;
  /** Open connections. */
  connections(): number;
}

/** One port for HTTP/1.1 and HTTP/2: in clear text distinguished by the first bytes, over TLS by ALPN. */
export function createListener(options: ListenerOptions): Listener {
  const { handler, limits, tls, clock = systemClock, rejectedRequests } = options;
  const connections = new Connections(limits, clock, options.trustedProxies ?? networks([]));
  const serve = createRequestHandler({ handler, connections, limits, clock, rejectedRequests });
  const http1 = createHttp1({ serve, connections, limits, clock, tls, rejectedRequests });
  const takeHttp2 = createHttp2(serve, connections, limits, clock);
  // Node closes a connection as idle while the end of its response is still being sent; what is idle is known here.
  http1.closeIdleConnections = () => {};

  const speak = (connection: Connection, socket: Socket, isHttp2: boolean) => {
    if (isHttp2) return takeHttp2(connection, socket);
    connections.spoken(connection, socket);
    takeHttp1(socket);
  };
  const takeHttp1 = takeOver(http1, tls ? 'secureConnection' : 'connection');
  if (tls) acceptTls(http1, connections, speak);
  else acceptPlain(http1, connections, speak);

  const close = async () => {
    const deaf = new Promise((resolve) => http1.close(resolve));
    for (const connection of connections) connection.conclude(clock.now());
    await deaf;
    // Over TLS node calls the server closed a moment before the last connection says so.
    await connections.emptied();
  };
  const unwatch = watchDeadlines(connections, limits, clock);
  let closed: Promise<void> | undefined;
  return {
    listen: (host, port) =>
      new Promise((resolve, reject) => {
        http1.on('error', reject);
        http1.listen(port, host, () => resolve(http1.address() as AddressInfo));
      }),
    stop(graceMs) {
      closed ??= close().finally(unwatch);
      const cancel = clock.after(graceMs, () => {
        for (const { socket } of connections) socket.destroy();
      });
      return closed.finally(cancel);
    },
    renewTls(files) {
      if (http1 instanceof TlsServer) http1.setSecureContext(files);
    },
    connections: () => connections.size,
  };
}
