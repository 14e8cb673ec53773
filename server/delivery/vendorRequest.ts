import { retryAfterMs } from '../outbound/retryAfter.js';
import type { Clock } from '../platform/clock.js';
import type { FinalError, Outcome } from './provider.js';

/** Answers are a few hundred bytes; whatever is longer is not one. */
const MOST_BYTES = 64 * 1024;

/** One request to a vendor's API. */
export interface VendorRequest {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** What a vendor answered. */
export interface VendorAnswer {
  readonly status: number;
  readonly body: string;
  /** The body as JSON, where it is a JSON object. */
  readonly json: Readonly<Record<string, unknown>> | undefined;
  /** How long the vendor wants to be left alone, milliseconds. */
  readonly retryAfterMs: number | undefined;
}

/**
 * Asks a vendor once and reads its answer. `judge` knows the vendor's own words;
 * what it does not recognise is judged by its status. Every request counts as a
 * try of the message, so none is repeated here, and redirects are not followed:
 * the message and our credentials are for nobody else.
 */
export async function askVendor(
  { url, headers, body }: VendorRequest,
  signal: AbortSignal,
  clock: Clock,
  judge: (answer: VendorAnswer) => Outcome | undefined,
): Promise<Outcome> {
  let answer: VendorAnswer | undefined;
  try {
    const response = await fetch(url, {
      method: 'POST',
      headers: { 'user-agent': 'countersign', ...headers },
      body,
      redirect: 'manual',
      signal,
    });
    answer = await read(response, clock);
  } catch {
    return { kind: 'retry', error: signal.aborted ? 'TIMEOUT' : 'UNREACHABLE' };
  }
  return (answer && (judge(answer) ?? byStatus(answer))) ?? { kind: 'retry', error: 'BAD_ANSWER' };
}

/** Undefined for an answer that is too long. */
async function read(response: Response, clock: Clock): Promise<VendorAnswer | undefined> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of response.body ?? []) {
    size += chunk.length;
    if (size > MOST_BYTES) return undefined;
    chunks.push(chunk);
  }
  const body = Buffer.concat(chunks).toString('utf8');
  return {
    status: response.status,
    body,
    json: jsonObject(body),
    retryAfterMs: retryAfterMs(response.headers.get('retry-after'), clock.now()),
  };
}

function jsonObject(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : undefined;
  } catch {
    return undefined;
  }
}

/** Wrong credentials, nothing paid, a wrong address; like one that points elsewhere. */
export const ABOUT_US: ReadonlySet<number> = new Set([401, 402, 403, 404, 405, 410]);

/** What a status says by itself. A success that `judge` did not recognise is none: nothing says that the message was taken. */
function byStatus({ status, retryAfterMs }: VendorAnswer): Outcome | undefined {
  const wait = retryAfterMs === undefined ? {} : { retryAfterMs };
  if (status === 429) return { kind: 'retry', error: 'RATE_LIMITED', ...wait };
  if (status >= 500 || status === 408) return { kind: 'retry', error: `HTTP_${status}`, ...wait };
  if (status >= 200 && status < 300) return undefined;
  if (status < 400 || ABOUT_US.has(status)) return { kind: 'failed', error: 'MISCONFIGURED' };
  return { kind: 'failed', error: 'REFUSED' };
}

/** The outcomes of a vendor's error codes. */
export type Verdicts = Readonly<Record<string, Verdict>>;

/** What a vendor's error code means: a final error, or a word for what may pass. */
export type Verdict = FinalError | { readonly retry: string; readonly aboutMessage?: true };

/** The outcome of a verdict, with the wait the vendor asked for. */
export function outcomeOf(verdict: Verdict, { retryAfterMs }: VendorAnswer): Outcome {
  if (typeof verdict === 'string') return { kind: 'failed', error: verdict };
  return {
    kind: 'retry',
    error: verdict.retry,
    ...(retryAfterMs !== undefined && { retryAfterMs }),
    ...(verdict.aboutMessage && { aboutMessage: true }),
  };
}
