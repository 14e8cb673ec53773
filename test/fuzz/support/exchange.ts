import { Agent, request } from 'node:http';

/** A request as it goes over the wire. */
export interface WireRequest {
  readonly method: string;
  /** Path and query, sent as they are. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string | readonly string[]>>;
  readonly body: Buffer | undefined;
}

/** What came back. */
export interface WireResponse {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
}

/** A response that has not arrived by then will not. */
const HANG_MS = 20_000;

/** Exchanges over HTTP/1.1 connections that are kept. Rejects when no response arrives. */
export function exchanger(port: number, connections: number) {
  const agent = new Agent({ keepAlive: true, maxSockets: connections });
  return {
    exchange: ({ method, path, headers, body }: WireRequest) =>
      new Promise<WireResponse>((resolve, reject) => {
        // Node frames no body of a GET or DELETE by itself: the server would take it for the next request.
        const length = body && !('transfer-encoding' in headers) ? { 'content-length': body.length } : {};
        const options = {
          host: '127.0.0.1',
          port,
          agent,
          method,
          path,
          headers: { ...headers, ...length } as never,
        };
        const sent = request(options, async (response) => {
          let text = '';
          try {
            for await (const chunk of response.setEncoding('utf8')) text += chunk;
            const fields = new Headers(response.headers as Record<string, string>);
            resolve({ status: response.statusCode!, headers: fields, text });
          } catch (error) {
            reject(error);
          } finally {
            clearTimeout(timer);
          }
        });
        const timer = setTimeout(() => sent.destroy(new Error('no response arrived')), HANG_MS);
        sent.on('error', (error) => {
          clearTimeout(timer);
          reject(error);
        });
        sent.end(body);
      }),
    close: () => agent.destroy(),
  };
}
