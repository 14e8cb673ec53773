import type { ServerHttp2Session } from 'node:http2';
import type { Socket } from 'node:net';
import type { HttpRequest, HttpResponse } from './message.js';

/** One request and its response, from the complete header to the last byte of the response. */
export interface Exchange {
  readonly req: HttpRequest;
  readonly res: HttpResponse;
  readonly connection: Connection;
  readonly startedAt: number;
  /** Whether an HTTP/2 request is known to have arrived to its end. */
  arrived: boolean;
  /** Bytes of the response that wait for the peer, as last seen, and since when without progress. */
  waiting: number;
  waitingSince: number;
  /** Whether progress is listened for. */
  watched: boolean;
  /** Whether the connection closes after this response. */
  last: boolean;
}

/** One connection of a peer and what is under way on it. */
export class Connection {
  /** The socket HTTP is spoken on: the TCP socket, or once it is there the TLS socket over it. */
  socket: Socket;
  readonly openedAt: number;
  /** Since when nothing is under way. */
  idleSince: number;
  /** Whether the peer has said which protocol it speaks. */
  spoken = false;
  session: ServerHttp2Session | undefined;
  /** Whether an HTTP/2 peer has sent its SETTINGS and acknowledged ours; until then it need not keep to them. */
  settled = false;
  /** Requests under way, oldest first. */
  readonly exchanges = new Set<Exchange>();
  /** When it was decided that no further request is taken. */
  concludedAt: number | undefined;
  /** Whether the peer has sent what is no HTTP/1.1; nothing it sends is read any more. */
  refused = false;
  /** Streams taken back by the peer in the current window, and when that window began. */
  resets = 0;
  resetsSince = 0;

  constructor(socket: Socket, now: number) {
    this.socket = socket;
    this.openedAt = now;
    this.idleSince = now;
  }

  /**
   * Takes no further request, finishes what is under way (on HTTP/1.1 up to `last`), then closes.
   * On HTTP/2 this is GOAWAY: the peer may repeat elsewhere what it sent after that.
   */
  conclude(now: number, last = [...this.exchanges].at(-1)): void {
    if (this.concludedAt !== undefined) return;
    this.concludedAt = now;
    if (this.session) this.session.close();
    else if (!this.spoken) this.socket.destroy();
    else if (last === undefined) this.socket.destroySoon();
    else {
      last.last = true;
      // Only the last response may say so: what is queued behind a response that closes is never sent.
      if (!last.res.headersSent) last.res.setHeader('connection', 'close');
    }
  }
}
