import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A question as it arrived. */
export interface Asked {
  readonly headers: IncomingMessage['headers'];
  readonly path: string;
  readonly body: string;
}

/** A workspace's own backend on this machine, which responds as a test wants it to. */
export interface Backend {
  readonly url: string;
  readonly asked: Asked[];
  /** The response to the next questions. */
  respond: (response: ServerResponse, asked: Asked) => void;
  close(): Promise<void>;
}

export const json =
  (value: unknown, status = 200) =>
  (response: ServerResponse) =>
    void response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(value));

export async function startBackend(): Promise<Backend> {
  const server = createServer(async (request, response) => {
    let body = '';
    for await (const chunk of request.setEncoding('utf8')) body += chunk;
    const asked = { headers: request.headers, path: request.url ?? '', body };
    backend.asked.push(asked);
    backend.respond(response, asked);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const backend: Backend = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/check`,
    asked: [],
    respond: json({ allow: true }),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
  return backend;
}
