import { readFileSync } from 'node:fs';
import { onTestFinished } from 'vitest';
import { type HttpLimits, httpLimits } from '../../../../server/http/limits.js';
import { createListener, type Listener, type ListenerOptions } from '../../../../server/http/listener.js';
import type { HttpHandler } from '../../../../server/http/message.js';

const pem = (name: string) => readFileSync(new URL(`tls/${name}.pem`, import.meta.url));

/** A self-signed certificate for localhost. */
export const TLS = { cert: pem('certificate'), key: pem('key') };

export interface Serving {
  readonly port: number;
  readonly listener: Listener;
}

/** Responds with the HTTP version, method, path and body of the request. */
export const echo: HttpHandler = async (req, res) => {
  let body = '';
  for await (const chunk of req) body += chunk;
  res.writeHead(200, { 'content-type': 'text/plain' });
  res.end(`${req.httpVersion} ${req.method} ${req.url} ${body}`);
};

/** A listener on a free port until the test ends. Limits are looked at often, so that tests need not wait. */
export async function serving(
  handler: HttpHandler = echo,
  limits: Partial<HttpLimits> = {},
  more: Partial<ListenerOptions> = {},
): Promise<Serving> {
  const listener = createListener({ handler, limits: httpLimits({ sweepMs: 20, ...limits }), ...more });
  const { port } = await listener.listen('127.0.0.1', 0);
  onTestFinished(() => listener.stop(0));
  return { port, listener };
}

/** A promise and what settles it. */
export function signal<T = void>(): { readonly happened: Promise<T>; readonly happen: (value: T) => void } {
  let happen: (value: T) => void = () => {};
  const happened = new Promise<T>((resolve) => {
    happen = resolve;
  });
  return { happened, happen };
}
