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
export interface WireAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
}

/** An answer that is not there by then will not come. */
const HANG_MS = 20_000;

/** Exchanges over HTTP/1.1 connections that are kept. Rejects when no answer comes. */
export function exchanger(port: number, connections: number) {
  const agent = new Agent({ keepAlive: true, maxSockets: connections });
  return {
    exchange: ({ method, path, headers, body }: WireRequest) =>
      new Promise<WireAnswer>((resolve, reject) => {
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
        const sent = request(options, async (answer) => {
          let text = '';
          try {
            for await (const chunk of answer.setEncoding('utf8')) text += chunk;
            const fields = new Headers(answer.headers as Record<string, string>);
            resolve({ status: answer.statusCode!, headers: fields, text });
          } catch (error) {
            reject(error);
          } finally {
            clearTimeout(timer);
          }
        });
        const timer = setTimeout(() => sent.destroy(new Error('no answer came')), HANG_MS);
        sent.on('error', (error) => {
          clearTimeout(timer);
          reject(error);
        });
        sent.end(body);
      }),
    close: () => agent.destroy(),
  };
}

/** Does the work `count` times, several at once. Gives back what went wrong: at most ten descriptions. */
export async function hammer(
  count: number,
  atOnce: number,
  work: (index: number) => Promise<string | undefined>,
): Promise<string[]> {
  const wrong: string[] = [];
  let next = 0;
  const worker = async () => {
    while (next < count && wrong.length < 10) {
      const found = await work(next++);
      if (found !== undefined) wrong.push(found);
    }
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
  return wrong;
}
