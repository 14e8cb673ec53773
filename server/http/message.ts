import type { IncomingMessage } from 'node:http';
import type { Http2ServerRequest } from 'node:http2';
import type { connectNodeAdapter } from '@connectrpc/connect-node';

/** A request of either HTTP version. */
export type HttpRequest = IncomingMessage | Http2ServerRequest;

/**
 * A response of either HTTP version. The two classes overload `end` differently,
 * so the one form used here is named; everything Connect's adapter needs is kept.
 */
export type HttpResponse = Parameters<ReturnType<typeof connectNodeAdapter>>[1] & {
  end(data?: string | Uint8Array): unknown;
};

/** Handles a request. The listener responds to what it throws. */
export type HttpHandler = (req: HttpRequest, res: HttpResponse) => void | Promise<void>;

/** Whether a request came over HTTP/2; narrows to its class. */
export const isHttp2 = (req: HttpRequest): req is Http2ServerRequest => req.httpVersionMajor === 2;

/** Ends an exchange at once, without the rest of its response. `code` is what an HTTP/2 peer receives. */
export function cut(req: HttpRequest, code: number): void {
  if (isHttp2(req)) req.stream.close(code);
  else req.socket.destroy();
}

/** The path of a request, without its query. */
export function pathOf(req: HttpRequest): string {
  const url = req.url ?? '/';
  const query = url.indexOf('?');
  return query < 0 ? url : url.slice(0, query);
}
