import { type LookupAddress, lookup } from 'node:dns';
import { Agent as HttpAgent, request as httpRequest, type IncomingMessage } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import { isIP, type LookupFunction } from 'node:net';
import { networks } from '../domain/networks.js';
import type { Predicate } from '../errors.js';
import { isPublicAddress } from './publicAddress.js';

/** Connections kept open to one host, so that a second call need not shake hands again. */
const IDLE_SOCKETS = 8;
/** How long a kept connection may say nothing. Shorter than what servers wait (Node's own wait 5 s). */
const IDLE_MS = 4_000;

/** Why a call had no answer: a stable word, never the words of the system, which quote addresses. */
export const OUTBOUND_ERRORS = [
  /** The address is none that may be called from here. */
  'REFUSED_ADDRESS',
  'NAME_NOT_FOUND',
  /** Its certificate, or the way it speaks TLS, is not acceptable. */
  'TLS_FAILED',
  'UNREACHABLE',
  'TIMEOUT',
  'TOO_LARGE',
] as const;
export type OutboundError = (typeof OUTBOUND_ERRORS)[number];

/** A call that had no answer. */
export class NoAnswer extends Error {
  readonly error: OutboundError;

  constructor(error: OutboundError, cause?: unknown) {
    super(error, { cause });
    this.name = 'NoAnswer';
    this.error = error;
  }
}

/** One call to a URL that a customer named. */
export interface OutboundRequest {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** Ends the call, its answer's body included: NoAnswer TIMEOUT. */
  readonly signal: AbortSignal;
  /** An answer with a longer body is NoAnswer TOO_LARGE, or is read no further where `cut` says so. */
  readonly maxBytes: number;
  readonly cut?: true;
}

/** An answer, whatever its status. Redirects are not followed: they lead where nobody looked. */
export interface OutboundAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  readonly body: string;
}

/** Calls URLs that customers name, such as webhooks, without being led into our own network. */
export interface Outbound {
  /** What is wrong with a URL before anything is asked of it, in words for whoever set it; undefined when nothing is. */
  faultOf(url: string): Predicate | undefined;
  /** Rejects with NoAnswer. */
  post(request: OutboundRequest): Promise<OutboundAnswer>;
  close(): void;
}

interface Options {
  /** Only what is public and speaks https, as in production. */
  readonly publicOnly: boolean;
  /** Addresses and CIDR ranges of our own that may be called all the same, over http as well. */
  readonly allowed?: readonly string[];
}

/**
 * Where a name leads is looked at for the very connection that is then made, so
 * one that answers differently the second time gains nothing.
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

  /** Whether an address may be called where not all may. What leaves our networks is encrypted. */
  const isOpen = (address: string, isHttps: boolean): boolean =>
    own.has(address) || (isHttps && isPublicAddress(address));

  /** Looks a name up and leaves out what may not be called; nothing left is a refusal. */
  const openLookup =
    (isHttps: boolean): LookupFunction =>
    (hostname, options, callback) => {
      lookup(hostname, { ...options, all: true }, (error, found: LookupAddress[]) => {
        if (error) return callback(error, '');
        const open = found.filter(({ address }) => isOpen(address, isHttps));
        const first = open[0];
        if (!first) return callback(new NoAnswer('REFUSED_ADDRESS'), '');
        return options.all ? callback(null, open) : callback(null, first.address, first.family);
      });
    };

  function send(options: OutboundRequest): Promise<{ answer: IncomingMessage; body: string }> {
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
        (answer) => {
          begun = true;
          const chunks: Buffer[] = [];
          let length = 0;
          const done = () => resolve({ answer, body: Buffer.concat(chunks).toString('utf8') });
          answer.on('data', (chunk: Buffer) => {
            chunks.push(chunk);
            length += chunk.length;
            if (length <= maxBytes) return;
            if (cut) done();
            answer.destroy(new NoAnswer('TOO_LARGE'));
          });
          answer.on('error', fail);
          answer.on('end', done);
        },
      );
      /** A server may hang up on a kept connection just when it is used again: that call was never read. */
      function fail(error: Error): void {
        const stale = request.reusedSocket && !begun && 'code' in error && error.code === 'ECONNRESET';
        if (stale && !signal.aborted) resolve(send(options));
        else reject(noAnswer(error, signal));
      }
      request.on('error', fail);
      request.end(options.body);
    });
  }

  return {
    faultOf,
    async post(request) {
      if (faultOf(request.url)) throw new NoAnswer('REFUSED_ADDRESS');
      const { answer, body } = await send(request);
      return { status: answer.statusCode ?? 0, headers: answer.headers, body };
    },
    close() {
      http.destroy();
      https.destroy();
    },
  };
}

function noAnswer(error: Error & { readonly code?: unknown }, signal: AbortSignal): NoAnswer {
  if (error instanceof NoAnswer) return error;
  if (signal.aborted) return new NoAnswer('TIMEOUT', error);
  const code = String(error.code);
  const known = WORDS.find(([pattern]) => pattern.test(code));
  return new NoAnswer(known ? known[1] : 'UNREACHABLE', error);
}

/** What the codes of Node's errors mean (https://nodejs.org/api/tls.html#x509-certificate-error-codes). */
const WORDS: readonly (readonly [RegExp, OutboundError])[] = [
  [/^(ENOTFOUND|EAI_AGAIN|ENODATA)$/, 'NAME_NOT_FOUND'],
  [/CERT|^ERR_(TLS|SSL)_|^EPROTO$|^UNABLE_TO_VERIFY/, 'TLS_FAILED'],
];
