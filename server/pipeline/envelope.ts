import type { Envelope } from '../call/call.js';
import { bearer, readRequestId } from './headers.js';

/** Reads one header of a request; null or undefined where it was not sent. */
export type ReadHeader = (name: string) => string | null | undefined;

/** How a transport takes credentials; where it takes both headers, the preferred one comes first. */
export type CredentialHeaders = readonly ('authorization' | 'x-api-key')[];

/** What a transport knows of a call besides its header. */
type Known = Omit<Envelope, 'credential' | 'traceparent'> & {
  readonly origin: string | undefined;
  readonly credentialIn: CredentialHeaders;
};

/** What the header of a request says of a call, with what its transport knows besides. */
export function readEnvelope(header: ReadHeader, { credentialIn, ...known }: Known): Envelope {
  return {
    credential: readCredential(header, credentialIn),
    traceparent: header('traceparent') ?? undefined,
    ...known,
    requestId: known.requestId ?? readRequestId(header('x-request-id') ?? undefined),
  };
}

/** The credential in the first of the headers that was sent. */
function readCredential(header: ReadHeader, names: CredentialHeaders): string | undefined {
  const name = names.find((one) => header(one));
  if (name === undefined) return undefined;
  const value = header(name) as string;
  return name === 'authorization' ? bearer(value) : value;
}
