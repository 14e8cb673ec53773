import type { Http2Session } from 'node:http2';
import type { Socket } from 'node:net';
import { peerKey } from '../domain/ipAddresses.js';
import type { Networks } from '../domain/networks.js';
import type { Clock } from '../platform/clock.js';
import { Connection, type Exchange } from './connection.js';
import type { HttpLimits } from './limits.js';
import { type HttpRequest, type HttpResponse, isHttp2 } from './message.js';

/** What a request knows its connection by. */
type Carrier = Socket | Http2Session;

/** All open connections: who may have one, what each is doing, and who goes when there is no room. */
export class Connections {
  readonly #limits: HttpLimits;
  readonly #clock: Clock;
  readonly #exempt: Networks;
  readonly #all = new Set<Connection>();
  /** Those that have not said anything yet, and those with nothing under way; longest first in both. */
  readonly #silent = new Set<Connection>();
  readonly #idle = new Set<Connection>();
  readonly #perPeer = new Map<string, number>();
  readonly #waiting: (() => void)[] = [];
  readonly #byCarrier = new WeakMap<Carrier, Connection>();

  /** `exempt` peers, the trusted proxies, may open any number. */
  constructor(limits: HttpLimits, clock: Clock, exempt: Networks) {
    this.#limits = limits;
    this.#clock = clock;
    this.#exempt = exempt;
  }

  get size(): number {
    return this.#all.size;
  }

  [Symbol.iterator](): IterableIterator<Connection> {
    return this.#all.values();
  }

  /** Takes a new connection in; undefined, and the socket destroyed, where there is no place for it. */
  admit(socket: Socket): Connection | undefined {
    socket.on('error', () => socket.destroy());
    const address = socket.remoteAddress;
    const peer = address === undefined || this.#exempt.has(address) ? undefined : peerKey(address);
    const ofPeer = peer === undefined ? 0 : (this.#perPeer.get(peer) ?? 0);
    if (address === undefined || ofPeer >= this.#limits.connectionsPerPeer || !this.#makeRoom()) {
      socket.destroy();
      return undefined;
    }
    const connection = new Connection(socket, this.#clock.now());
    this.#all.add(connection);
    this.#silent.add(connection);
    this.#byCarrier.set(socket, connection);
    if (peer !== undefined) this.#perPeer.set(peer, ofPeer + 1);
    socket.once('close', () => {
      this.#forget(connection);
      if (peer !== undefined) this.#leave(peer);
    });
    return connection;
  }

  /** The peer has said which protocol it speaks: HTTP/1.1 on this socket, or HTTP/2 in this session. */
  spoken(connection: Connection, carrier: Carrier): void {
    this.#byCarrier.set(carrier, connection);
    connection.spoken = true;
    if (this.#silent.delete(connection)) this.#idle.add(connection);
  }

  /** The connection a socket or session belongs to. */
  of(carrier: Carrier): Connection | undefined {
    return this.#byCarrier.get(carrier);
  }

  /** Notes a request whose header is complete. It ends by itself with its response or its connection. */
  begin(connection: Connection, req: HttpRequest, res: HttpResponse): Exchange {
    const startedAt = this.#clock.now();
    const exchange: Exchange = {
      req,
      res,
      connection,
      startedAt,
      arrived: false,
      waiting: 0,
      waitingSince: startedAt,
      watched: false,
      last: false,
    };
    connection.exchanges.add(exchange);
    this.#idle.delete(connection);
    // The compatibility response of an HTTP/2 HEAD request never says that it closed; its stream does.
    const ends = isHttp2(req) ? req.stream : res;
    ends.once('close', () => this.#end(exchange));
    return exchange;
  }

  /** The peer has had its last response: what was under way is not waited for. */
  abandon(connection: Connection): void {
    connection.exchanges.clear();
    this.#rest(connection);
  }

  #end(exchange: Exchange): void {
    const { connection } = exchange;
    connection.exchanges.delete(exchange);
    if (connection.exchanges.size === 0 && this.#all.has(connection)) this.#rest(connection);
    // Node closes after a response that says so; one begun before it was known to be the last does not.
    if (exchange.last) connection.socket.destroySoon();
  }

  #rest(connection: Connection): void {
    connection.idleSince = this.#clock.now();
    this.#idle.add(connection);
  }

  /** Whether there is a place, if need be that of the longest silent or else longest idle connection. */
  #makeRoom(): boolean {
    if (this.#all.size < this.#limits.connections) return true;
    const [leaving] = this.#silent.size > 0 ? this.#silent : this.#idle;
    if (leaving === undefined) return false;
    this.#forget(leaving);
    leaving.socket.destroy();
    return true;
  }

  /** Resolves once no connection is open. */
  async emptied(): Promise<void> {
    if (this.#all.size > 0) await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }

  #forget(connection: Connection): void {
    this.#all.delete(connection);
    if (this.#all.size === 0) for (const resolve of this.#waiting.splice(0)) resolve();
    this.#silent.delete(connection);
    this.#idle.delete(connection);
  }

  #leave(peer: string): void {
    const left = (this.#perPeer.get(peer) ?? 1) - 1;
    if (left > 0) this.#perPeer.set(peer, left);
    else this.#perPeer.delete(peer);
  }
}
