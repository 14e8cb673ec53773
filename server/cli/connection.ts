import type { DescService } from '@bufbuild/protobuf';
import { type Client, Code, ConnectError, createClient, type Interceptor } from '@connectrpc/connect';
import { createConnectTransport } from '@connectrpc/connect-node';
import { bearing } from '../../clients/calling/credential.js';
import { repeating } from '../../clients/calling/repeat.js';
import { readError } from '../../clients/errors/index.js';
import type { Target } from './context/target.js';

/** Makes clients of the service that is called. */
export interface Connection {
  client<S extends DescService>(service: S): Client<S>;
}

/** Longer than a client's: tests of a provider wait for its response, which may take 20 seconds. */
const TIMEOUT_MS = 30_000;

/** Connect over HTTP/1.1: it passes through every proxy. */
export function connect({ url, key }: Target): Connection {
  const transport = createConnectTransport({
    baseUrl: url,
    httpVersion: '1.1',
    defaultTimeoutMs: TIMEOUT_MS,
    interceptors: [namingUrl(url), repeating, bearing(key)],
  });
  return { client: (service) => createClient(service, transport) };
}

/** A failure of the network names the URL, because it is often the URL that is wrong. */
const namingUrl =
  (url: string): Interceptor =>
  (next) =>
  async (request) => {
    try {
      return await next(request);
    } catch (thrown) {
      const { reason, code, message } = readError(thrown);
      if (reason !== 'UNKNOWN' || code !== Code.Unavailable) throw thrown;
      throw new ConnectError(`${url} cannot be reached: ${message}`, code);
    }
  };
