import { type LookupAddress, lookup } from 'node:dns';
import { Agent as HttpAgent, request as httpRequest, type IncomingMessage } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import { isIP, type LookupFunction } from 'node:net';
import { networks } from '../domain/networks.js';
import type { Predicate } from '../errors.js';
import { isPublicAddress } from './publicAddress.js';

/** Connections kept open to one host, so that a second call needs no new handshake. */
const IDLE_SOCKETS = 8;
/** How long a kept connection may be idle. Shorter than the limit of servers (Node's own is 5 s). */
const IDLE_MS = 4_000;

/** Why a call had no response: a stable word, never the system's error text, which quotes IP addresses. */
export const OUTBOUND_ERRORS = [
  /** The IP address may not be called from here. */
  'REFUSED_ADDRESS',
  'NAME_NOT_FOUND',
  /** The certificate or the TLS handshake is not acceptable. */
  'TLS_FAILED',
  'UNREACHABLE',
  'TIMEOUT',
  'TOO_LARGE',
] as const;
export type OutboundError = (typeof OUTBOUND_ERRORS)[number];

/** A call that had no response. */
export class NoResponse extends Error {
  readonly error: OutboundError;

  constructor(error: OutboundError, cause?: unknown) {
    super(error, { cause });
    this.name = 'NoResponse';
    this.error = error;
  }
}

/** One call to a URL that a customer set. */
export interface OutboundRequest {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** Ends the call, its response body included: NoResponse TIMEOUT. */
  readonly signal: AbortSignal;
  /** A response with a longer body is NoResponse TOO_LARGE; with `cut` the rest is not read. */
  readonly maxBytes: number;
  readonly cut?: true;
}

/** A response with any status. Redirects are not followed: their target has not been checked. */
export interface OutboundResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  readonly body: string;
}

/** Calls URLs that customers set, such as webhooks, and never our own network. */
export interface Outbound {
  /** What is wrong with a URL before it is called, as a predicate such as "must be a URL"; undefined when nothing is. */
  faultOf(url: string): Predicate | undefined;
  /** Rejects with NoResponse. */
  post(request: OutboundRequest): Promise<OutboundResponse>;
  close(): void;
}

interface Options {
  /** Only public IP addresses, over https, as in production. */
  readonly publicOnly: boolean;
  /** IP addresses and CIDR ranges of our own networks that may be called nevertheless, over http as well. */
  readonly allowed?: readonly string[];
}

/**
 * A name is resolved and checked for the very connection that is then made, so a
 * name that resolves differently the second time cannot evade the check.
 */
export function createOutbound({ publicOnly, allowed = [] }: Options): Outbound {
  const own = networks(allowed);
  const httpsOnly = publicOnly && allowed.length === 0;
  const agentOptions = { keepAlive: true, maxFreeSockets: IDLE_SOCKETS, timeout: IDLE_MS };
  const http = new HttpAgent(agentOptions);
  const https = new HttpsAgent(agentOptions);

  function faultOf(text: string): Predicate | undefined {
    if (!URL.canParse(text)) return 'must be a URL';
    const url = new URL(text);
    const isHttps = url.protocol === 'https:';
    if (!isHttps && (url.protocol !== 'http:' || httpsOnly)) {
      return `must begin with ${httpsOnly ? 'https://' : 'https:// or http://'}`;
    }
    if (url.username || url.password) return 'must not hold a user name or password';
    if (url.hash) return 'must not hold a fragment';
    const host = url.hostname.replace(/^\[|\]$/g, '');
    if (publicOnly && isIP(host) !== 0 && !isOpen(host, isHttps)) {
      return isHttps || !isPublicAddress(host) ? 'must lead to a public address' : 'must begin with https://';
    }
    return undefined;
  }

  /** Whether an IP address may be called where not all may. Calls that leave our networks are encrypted. */
  const isOpen = (address: string, isHttps: boolean): boolean =>
    own.has(address) || (isHttps && isPublicAddress(address));

  /** Resolves a name and leaves out IP addresses that may not be called; none left is a refusal. */
  const openLookup =
    (isHttps: boolean): LookupFunction =>
    (hostname, options, callback) => {
      lookup(hostname, { ...options, all: true }, (error, found: LookupAddress[]) => {
        if (error) return callback(error, '');
        const open = found.filter(({ address }) => isOpen(address, isHttps));
        const first = open[0];
        if (!first) return callback(new NoResponse('REFUSED_ADDRESS'), '');
        return options.all ? callback(null, open) : callback(null, first.address, first.family);
      });
    };

  function send(options: OutboundRequest): Promise<{ response: IncomingMessage; body: string }> {
    const url = new URL(options.url);
    const isHttps = url.protocol === 'https:';
    return new Promise((resolve, reject) => {
      const { signal, maxBytes, cut } = options;
      let begun = false;
      const request = (isHttps ? httpsRequest : httpRequest)(
        url,
        {
          method: 'POST',
          agent: isHttps ? https : http,
          headers: { ...options.headers, 'content-length': Buffer.byteLength(options.body) },
          signal,
          ...(publicOnly && { lookup: openLookup(isHttps) }),
        },
        (response) => {
          begun = true;
          const chunks: Buffer[] = [];
          let length = 0;
          const done = () => resolve({ response, body: Buffer.concat(chunks).toString('utf8') });
          response.on('data', (chunk: Buffer) => {
            chunks.push(chunk);
            length += chunk.length;
            if (length <= maxBytes) return;
            if (cut) done();
            response.destroy(new NoResponse('TOO_LARGE'));
          });
          response.on('error', fail);
          response.on('end', done);
        },
      );
      /** A server may close a kept connection just when it is used again: that call was never read. */
      function fail(error: Error): void {
        const stale = request.reusedSocket && !begun && 'code' in error && error.code === 'ECONNRESET';
        if (stale && !signal.aborted) resolve(send(options));
        else reject(noResponse(error, signal));
      }
      request.on('error', fail);
      request.end(options.body);
    });
  }

  return {
    faultOf,
    async post(request) {
      if (faultOf(request.url)) throw new NoResponse('REFUSED_ADDRESS');
      const { response, body } = await send(request);
      return { status: response.statusCode ?? 0, headers: response.headers, body };
    },
    close() {
      http.destroy();
      https.destroy();
    },
  };
}

function noResponse(error: Error & { readonly code?: unknown }, signal: AbortSignal): NoResponse {
  if (error instanceof NoResponse) return error;
  if (signal.aborted) return new NoResponse('TIMEOUT', error);
  const code = String(error.code);
  const known = WORDS.find(([pattern]) => pattern.test(code));
  return new NoResponse(known ? known[1] : 'UNREACHABLE', error);
}

/** What the codes of Node's errors mean (https://nodejs.org/api/tls.html#x509-certificate-error-codes). */
const WORDS: readonly (readonly [RegExp, OutboundError])[] = [
  [/^(ENOTFOUND|EAI_AGAIN|ENODATA)$/, 'NAME_NOT_FOUND'],
  [/CERT|^ERR_(TLS|SSL)_|^EPROTO$|^UNABLE_TO_VERIFY/, 'TLS_FAILED'],
];
