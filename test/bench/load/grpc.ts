import { once } from 'node:events';
import { type ClientHttp2Session, connect } from 'node:http2';
import { type Expectation, inTurn, type Loader, type Request } from './request.js';

/** Connections; the streams under way are spread over them. */
const CONNECTIONS = 2;

/** gRPC over HTTP/2 in clear text. `body` is the message alone; the expected status is that of gRPC. */
export const grpc: Loader = {
  async open({ port, requests, expect, inFlight }) {
    const sessions = await Promise.all(Array.from({ length: CONNECTIONS }, () => connected(port)));
    const framed = requests.map((request) => ({ ...request, body: frame(request.body) }));
    return {
      async run() {
        const next = inTurn(framed);
        const lanes = Array.from({ length: inFlight }, async (_, lane) => {
          const session = sessions[lane % CONNECTIONS] as ClientHttp2Session;
          for (let request = next(); request; request = next()) await call(session, request, expect);
        });
        await Promise.all(lanes);
      },
      close() {
        for (const session of sessions) session.destroy();
      },
    };
  },
};

async function connected(port: number): Promise<ClientHttp2Session> {
  const session = connect(`http://127.0.0.1:${port}`);
  await once(session, 'connect');
  return session;
}

/** One message, not compressed: https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md, "Length-Prefixed-Message". */
function frame(message: Buffer): Buffer {
  const prefix = Buffer.alloc(5);
  prefix.writeUInt32BE(message.length, 1);
  return Buffer.concat([prefix, message]);
}

function call(session: ClientHttp2Session, { path, headers, body }: Request, expect: Expectation) {
  return new Promise<void>((resolve, reject) => {
    const stream = session.request({ ':method': 'POST', ':path': path, ...headers, te: 'trailers' });
    const chunks: Buffer[] = [];
    let status: string | undefined;
    const note = (fields: { readonly 'grpc-status'?: unknown }) => {
      if (fields['grpc-status'] !== undefined) status = String(fields['grpc-status']);
    };
    stream.on('response', note).on('trailers', note).on('error', reject);
    stream.on('data', (chunk: Buffer) => chunks.push(chunk));
    stream.on('end', () => {
      const response = Buffer.concat(chunks);
      if (status === `${expect.status}` && response.includes(expect.holds)) resolve();
      else reject(new Error(`expected gRPC status ${expect.status}, got ${status}: ${response}`));
    });
    stream.end(body);
  });
}
