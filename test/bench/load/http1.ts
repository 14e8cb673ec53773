import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { type Expectation, inTurn, type Loader, type Request } from './request.js';

/**
 * HTTP/1.1 over kept connections, one request under way on each. The requests
 * are bytes before the clock starts and responses are read no further than their
 * length, so that the loader leaves the machine to what is measured.
 */
export const http1: Loader = {
  async open({ port, requests, expect, inFlight }) {
    const messages = requests.map(render);
    const sockets = await Promise.all(Array.from({ length: inFlight }, () => connected(port)));
    return {
      async run() {
        const next = inTurn(messages);
        await Promise.all(sockets.map((socket) => drive(socket, next, expect)));
      },
      close() {
        for (const socket of sockets) socket.destroy();
      },
    };
  },
};

async function connected(port: number): Promise<Socket> {
  const socket = connect({ port, host: '127.0.0.1', noDelay: true });
  await once(socket, 'connect');
  return socket;
}

function render({ path, headers, body }: Request): Buffer {
  const fields = Object.entries({ host: '127.0.0.1', ...headers, 'content-length': body.length });
  const head = [`POST ${path} HTTP/1.1`, ...fields.map(([name, value]) => `${name}: ${value}`), '', ''];
  return Buffer.concat([Buffer.from(head.join('\r\n')), body]);
}

const NOTHING: Buffer = Buffer.alloc(0);

/** Sends one request after another over the socket; resolves when there is none left. */
function drive(socket: Socket, next: () => Buffer | undefined, expect: Expectation): Promise<void> {
  return new Promise((resolve, reject) => {
    let received = NOTHING;
    const send = () => {
      const message = next();
      if (message) socket.write(message);
      else resolve();
    };
    socket.on('error', reject);
    socket.on('close', () => reject(new Error('the connection was closed before the response')));
    socket.on('data', (chunk: Buffer) => {
      received = received.length === 0 ? chunk : Buffer.concat([received, chunk]);
      if (!isWhole(received)) return;
      if (!isExpected(received, expect)) {
        reject(new Error(`expected ${expect.status} and "${expect.holds}", got:\n${received}`));
        return;
      }
      received = NOTHING;
      send();
    });
    send();
  });
}

const HEAD_END = Buffer.from('\r\n\r\n');
const LAST_CHUNK = Buffer.from('0\r\n\r\n');

/** Whether a response is complete. There is never more than one: only one was requested. */
function isWhole(received: Buffer): boolean {
  const headEnd = received.indexOf(HEAD_END);
  if (headEnd < 0) return false;
  const length = /\r\ncontent-length: (\d+)/i.exec(received.toString('latin1', 0, headEnd))?.[1];
  if (length !== undefined) return received.length >= headEnd + HEAD_END.length + Number(length);
  return received.subarray(-LAST_CHUNK.length).equals(LAST_CHUNK);
}

/** "HTTP/1.1 200": the status stands at a fixed place. */
const isExpected = (received: Buffer, { status, holds }: Expectation): boolean =>
  received.toString('latin1', 9, 12) === `${status}` && received.includes(holds);
