import type { Server } from 'node:http';
import type { Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import type { Connection } from './connection.js';
import type { Connections } from './connections.js';
import { onFirstBytes } from './firstBytes.js';

/** Called once it is known which protocol a connection speaks, and on which socket. */
type Speak = (connection: Connection, socket: Socket, isHttp2: boolean) => void;

/**
 * Takes node's own listener for an event off a server and returns it. The
 * server keeps listening, and with that its time limits; only what happens
 * first to a new connection is ours.
 */
export function takeOver(server: Server, event: 'connection' | 'secureConnection'): (socket: Socket) => void {
  const [own, ...others] = server.listeners(event);
  if (own === undefined || others.length > 0) throw new Error(`node's ${event} listener is not alone`);
  server.removeListener(event, own as (socket: Socket) => void);
  return (socket) => own.call(server, socket);
}

/** Clear text: the first bytes decide. */
export function acceptPlain(server: Server, connections: Connections, speak: Speak): void {
  server.on('connection', (socket) => {
    const connection = connections.admit(socket);
    if (connection) onFirstBytes(socket, (isHttp2) => speak(connection, socket, isHttp2));
  });
}

/** TLS: what the handshake agreed on (ALPN) decides. */
export function acceptTls(server: Server, connections: Connections, speak: Speak): void {
  const shakeHands = takeOver(server, 'connection');
  // Node does not say which TCP socket a TLS socket came from; the peer's end of it is the same, and unique.
  const shaking = new Map<string, Connection>();
  const peerOf = (socket: Socket) => `${socket.remoteAddress} ${socket.remotePort}`;
  server.on('connection', (socket) => {
    const connection = connections.admit(socket);
    if (connection === undefined) return;
    const peer = peerOf(socket);
    shaking.set(peer, connection);
    socket.once('close', () => shaking.delete(peer));
    shakeHands(socket);
  });
  server.on('secureConnection', (socket: TLSSocket) => {
    const peer = peerOf(socket);
    const connection = shaking.get(peer);
    shaking.delete(peer);
    if (connection === undefined) {
      socket.destroy();
      return;
    }
    connection.socket = socket;
    speak(connection, socket, socket.alpnProtocol === 'h2');
  });
}
