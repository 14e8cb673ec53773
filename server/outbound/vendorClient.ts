import { type Agent, Agent as HttpAgent, request as httpRequest, type IncomingMessage } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import { urlToHttpOptions } from 'node:url';
import { brotliDecompressSync, gunzipSync, inflateSync } from 'node:zlib';
import { getProxyForUrl } from 'proxy-from-env';
import { createBoundedMap } from '../platform/boundedMap.js';

/** Connections kept open to one host: as many as messages are delivered at once. */
const IDLE_SOCKETS = 32;
/** How long a kept connection may be idle. Shorter than the limit of servers (Node's own is 5 s). */
const IDLE_MS = 4_000;
/** URLs whose parts are remembered: vendors have one each. */
const URLS = 64;

/** One GET of a URL that the operator configured. */
export interface VendorGet {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly signal: AbortSignal;
  /** The most bytes of the response body, unpacked. */
  readonly maxBytes: number;
}

/** One POST. */
export interface VendorPost extends VendorGet {
  readonly body: string;
}

export interface VendorResponse {
  readonly status: number;
  readonly retryAfter: string | undefined;
  /** Undefined where it is longer than `maxBytes`, or packed in a way we do not read. */
  readonly body: string | undefined;
}

/** The HTTP client for vendors: configured by the operator, so our own network and a proxy are allowed. */
export interface VendorClient {
  /** Rejects where there is no response. Redirects are not followed: message and credentials are for the vendor only. */
  post(request: VendorPost): Promise<VendorResponse>;
  get(request: VendorGet): Promise<VendorResponse>;
}

/** How to reach a URL. */
interface Target {
  readonly options: ReturnType<typeof urlToHttpOptions> & { readonly ca?: string };
  readonly send: typeof httpRequest;
  readonly agent: Agent;
}

interface Options {
  /** The proxy of a URL, or an empty text. */
  readonly proxyFor: (url: string) => string;
  /** Certificates to trust in place of those of the system. */
  readonly ca?: string;
}

const KEPT = { keepAlive: true, maxFreeSockets: IDLE_SOCKETS, timeout: IDLE_MS };

/**
 * Node's own client over kept connections: `fetch` takes several times its
 * processor time for streams that a short response does not need. Nothing is sent
 * twice, also not where a kept connection was closed meanwhile: every request
 * counts as a delivery attempt.
 */
export function createVendorClient({ proxyFor, ca }: Options): VendorClient {
  const http = new HttpAgent(KEPT);
  const https = new HttpsAgent(KEPT);
  const targets = createBoundedMap<string, Promise<Target>>(URLS);
  const proxies = createBoundedMap<string, Promise<Agent>>(URLS);

  async function targetOf(text: string): Promise<Target> {
    const url = new URL(text);
    const isHttps = url.protocol === 'https:';
    const proxy = proxyFor(text);
    return {
      options: { ...urlToHttpOptions(url), ...(ca !== undefined && { ca }) },
      send: isHttps ? httpsRequest : httpRequest,
      agent: proxy ? await through(proxy, isHttps) : isHttps ? https : http,
    };
  }

  /** The libraries are loaded only where the environment names a proxy. */
  function through(proxy: string, isHttps: boolean): Promise<Agent> {
    const key = `${isHttps} ${proxy}`;
    const known = proxies.get(key);
    if (known) return known;
    const made = isHttps
      ? import('https-proxy-agent').then(({ HttpsProxyAgent }) => new HttpsProxyAgent(proxy, KEPT))
      : import('http-proxy-agent').then(({ HttpProxyAgent }) => new HttpProxyAgent(proxy, KEPT));
    proxies.set(key, made);
    return made;
  }

  function target(url: string): Promise<Target> {
    const known = targets.get(url);
    if (known) return known;
    const made = targetOf(url);
    targets.set(url, made);
    return made;
  }

  return {
    async post(request) {
      return exchange(await target(request.url), request, request.body);
    },
    async get(request) {
      return exchange(await target(request.url), request);
    },
  };
}

function exchange(
  { options, send, agent }: Target,
  { headers, signal, maxBytes }: VendorGet,
  body?: string,
): Promise<VendorResponse> {
  const length = body === undefined ? {} : { 'content-length': Buffer.byteLength(body) };
  return new Promise((resolve, reject) => {
    // The event of a signal that is aborted already never comes.
    if (signal.aborted) return reject(signal.reason);
    const outgoing = send({
      agent,
      method: body === undefined ? 'GET' : 'POST',
      headers: { 'accept-encoding': 'identity', ...length, ...headers },
      ...options,
    });
    const abort = () => outgoing.destroy(signal.reason);
    const end = () => signal.removeEventListener('abort', abort);
    const fail = (error: unknown) => {
      end();
      reject(error);
    };
    signal.addEventListener('abort', abort, { once: true });
    outgoing.on('error', fail);
    outgoing.on('response', (response) => {
      const chunks: Buffer[] = [];
      let bytes = 0;
      const done = (content: string | undefined) => {
        end();
        resolve({
          status: response.statusCode ?? 0,
          retryAfter: response.headers['retry-after'],
          body: content,
        });
      };
      response.on('error', fail);
      response.on('data', (chunk: Buffer) => {
        bytes += chunk.length;
        if (bytes <= maxBytes) return void chunks.push(chunk);
        done(undefined);
        response.destroy();
      });
      response.on('end', () => done(unpacked(response, chunks, maxBytes)));
    });
    outgoing.end(body);
  });
}

const UNPACK = { gzip: gunzipSync, deflate: inflateSync, br: brotliDecompressSync } as const;

/** The text of a body. We ask for none that is packed, but a server may pack it all the same. */
function unpacked(
  { headers }: IncomingMessage,
  chunks: readonly Buffer[],
  maxBytes: number,
): string | undefined {
  const bytes = chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks);
  const coding = headers['content-encoding']?.toLowerCase() ?? 'identity';
  if (coding === 'identity') return bytes.toString('utf8');
  const unpack = Object.entries(UNPACK).find(([name]) => name === coding)?.[1];
  try {
    return unpack?.(bytes, { maxOutputLength: maxBytes }).toString('utf8');
  } catch {
    return undefined;
  }
}

/** The client of every vendor. HTTPS_PROXY, HTTP_PROXY and NO_PROXY hold for vendors only, never for URLs that customers set. */
export const vendorClient: VendorClient = createVendorClient({ proxyFor: getProxyForUrl });
