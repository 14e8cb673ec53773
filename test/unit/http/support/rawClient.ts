import { connect, type Socket } from 'node:net';

/** A TCP client that sends exactly the bytes it is given and keeps what it receives. */
export class RawClient {
  readonly socket: Socket;
  /** Resolves, when the server is done with the connection, to everything it sent. */
  readonly closed: Promise<string>;
  /** How the connection failed, if it did. */
  error: string | undefined;
  #received = Buffer.alloc(0);

  constructor(port: number, host = '127.0.0.1') {
    this.socket = connect({ port, host, noDelay: true });
    this.socket.on('data', (bytes: Buffer) => {
      this.#received = Buffer.concat([this.#received, bytes]);
    });
    this.socket.on('error', (error: NodeJS.ErrnoException) => {
      this.error = error.code;
    });
    this.closed = new Promise((resolve) => {
      this.socket.once('close', () => resolve(this.text));
    });
  }

  get bytes(): Buffer {
    return this.#received;
  }

  get text(): string {
    return this.#received.toString('latin1');
  }

  /** Sends bytes; resolves when they have left. */
  send(data: string | Uint8Array): Promise<void> {
    return new Promise((resolve) => this.socket.write(data, () => resolve()));
  }

  /** Resolves to what was received once `enough` says so; rejects if the connection closes first. */
  until(enough: string | ((bytes: Buffer) => boolean)): Promise<string> {
    const done = () => (typeof enough === 'string' ? this.text.includes(enough) : enough(this.bytes));
    return new Promise((resolve, reject) => {
      const look = () => {
        if (!done()) return;
        this.socket.off('data', look).off('close', gone);
        resolve(this.text);
      };
      const gone = () => reject(new Error(`closed (${this.error}) after ${JSON.stringify(this.text)}`));
      if (done()) return resolve(this.text);
      if (this.socket.destroyed) return gone();
      this.socket.on('data', look).on('close', gone);
    });
  }
}
