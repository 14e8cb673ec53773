import { retryAfterMs } from '../../outbound/retryAfter.js';
import { type VendorClient, type VendorResponse, vendorClient } from '../../outbound/vendorClient.js';
import type { Clock } from '../../platform/clock.js';
import type { Message, Outcome } from '../provider.js';
import { type Secrets, vendorResponse } from '../vendorResponse.js';
import { connectionOutcome } from './connectionOutcome.js';
import { type ErrorMeaning, meaningOutcome } from './errorTable.js';

/** Vendors respond with a few hundred bytes; a longer body is not a vendor's response. */
const MAX_BYTES = 64 * 1024;
/** The same of a list of messages. */
const MAX_LIST_BYTES = 1024 * 1024;

/** One request to a vendor's API. */
export interface VendorRequest {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** A vendor's response over HTTP. */
export interface HttpResponse {
  readonly status: number;
  readonly body: string;
  /** The body as JSON, where it is a JSON object. */
  readonly json: Readonly<Record<string, unknown>> | undefined;
  /** How long the vendor asks us to wait before the next request, milliseconds. */
  readonly retryAfterMs: number | undefined;
}

/** How a vendor writes its responses. What neither function recognises is judged by its HTTP status. */
export interface VendorProtocol {
  /** The id under which a message was accepted: a string, or the message was not. Asked below status 400. */
  acceptedId(response: HttpResponse): unknown;
  /** What the error in a response means. Asked from status 400. */
  meaningOf(response: HttpResponse): ErrorMeaning | undefined;
  /** The vendor's own code and text for it, as they are written. */
  errorIn?(response: HttpResponse): VendorErrorText;
}

/** An error in a vendor's own words. Not to be kept as it is: it may quote the message. */
export interface VendorErrorText {
  readonly code?: unknown;
  readonly text?: unknown;
}

interface Options {
  readonly protocol: VendorProtocol;
  /** What is sent, so that nothing of it is kept from the response. */
  readonly message: Message;
  readonly signal: AbortSignal;
  readonly clock: Clock;
  readonly client?: VendorClient;
}

/**
 * Sends a vendor one request and reads the response. Every request counts as a
 * delivery attempt, so none is repeated here, and redirects are not followed:
 * the message and our credentials are for the vendor only.
 */
export function postToVendor(
  { url, headers, body }: VendorRequest,
  { client = vendorClient, ...options }: Options,
): Promise<Outcome> {
  const { signal } = options;
  return outcomeOfExchange(
    () => client.post({ url, headers: { ...NAME, ...headers }, body, signal, maxBytes: MAX_BYTES }),
    options,
  );
}

/** Reads something of a vendor that needs our credentials: accepted where it responds with 200. */
export async function checkVendor(
  { url, headers }: Omit<VendorRequest, 'body'>,
  { client = vendorClient, protocol, ...options }: Omit<Options, 'message'>,
): Promise<Outcome> {
  const { signal } = options;
  const outcome = await outcomeOfExchange(
    () => client.get({ url, headers: { ...NAME, ...headers }, signal, maxBytes: MAX_BYTES }),
    { ...options, protocol: { ...protocol, acceptedId: ({ status }) => (status === 200 ? '' : undefined) } },
  );
  return outcome.kind === 'accepted' ? { kind: 'accepted' } : outcome;
}

/** Reads JSON of a vendor. Rejects where it does not respond with an object and 200. */
export async function readVendor(
  { url, headers }: Omit<VendorRequest, 'body'>,
  { client = vendorClient, signal }: Pick<Options, 'client' | 'signal'>,
): Promise<Readonly<Record<string, unknown>>> {
  const { status, body } = await client.get({
    url,
    headers: { ...NAME, ...headers },
    signal,
    maxBytes: MAX_LIST_BYTES,
  });
  const json = status === 200 && body !== undefined ? jsonObject(body) : undefined;
  if (!json) throw new Error(`the vendor responded with ${status}`);
  return json;
}

const NAME = { 'user-agent': 'countersign' };

async function outcomeOfExchange(
  exchange: () => Promise<VendorResponse>,
  {
    protocol,
    message = {},
    signal,
    clock,
  }: Omit<Options, 'client' | 'message'> & { readonly message?: Secrets },
): Promise<Outcome> {
  let response: HttpResponse | undefined;
  try {
    const { status, retryAfter, body } = await exchange();
    if (body !== undefined)
      response = {
        status,
        body,
        json: jsonObject(body),
        retryAfterMs: retryAfterMs(retryAfter, clock.now()),
      };
  } catch (error) {
    return signal.aborted ? { kind: 'retry', error: 'TIMEOUT' } : connectionOutcome(error);
  }
  const outcome = (response && outcomeIn(response, protocol)) ?? { kind: 'retry', error: 'BAD_RESPONSE' };
  if (outcome.kind === 'accepted' || !response) return outcome;
  const { code, text } = protocol.errorIn?.(response) ?? {};
  const vendor = vendorResponse(scalar(code), asText(text), message);
  return vendor ? { ...outcome, vendor } : outcome;
}

const scalar = (value: unknown): string | number | undefined =>
  typeof value === 'string' || typeof value === 'number' ? value : undefined;

const asText = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined);

function outcomeIn(response: HttpResponse, protocol: VendorProtocol): Outcome | undefined {
  if (response.status < 400) {
    const vendorId = protocol.acceptedId(response);
    return typeof vendorId === 'string' ? { kind: 'accepted', vendorId } : byStatus(response);
  }
  const meaning = protocol.meaningOf(response);
  return meaning ? meaningOutcome(meaning, response.retryAfterMs) : byStatus(response);
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

/** Wrong credentials, nothing paid, a wrong URL; like a redirect. */
export const MISCONFIGURED_STATUSES: ReadonlySet<number> = new Set([401, 402, 403, 404, 405, 410]);

/** The outcome that a status alone stands for; none for a success, since nothing shows that the message was accepted. */
function byStatus({ status, retryAfterMs }: HttpResponse): Outcome | undefined {
  const wait = retryAfterMs === undefined ? {} : { retryAfterMs };
  if (status === 429) return { kind: 'retry', error: 'RATE_LIMITED', ...wait };
  if (status >= 500 || status === 408) return { kind: 'retry', error: `HTTP_${status}`, ...wait };
  if (status >= 200 && status < 300) return undefined;
  if (status < 400 || MISCONFIGURED_STATUSES.has(status)) return { kind: 'failed', error: 'MISCONFIGURED' };
  return { kind: 'failed', error: 'REFUSED' };
}
