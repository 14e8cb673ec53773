import type { Envelope } from '../call/call.js';
import { bearer, readRequestId } from '../pipeline/headers.js';

/** The envelope of a call: from the request's headers, and what the transport knows besides. */
export function envelopeOf(
  header: (name: string) => string | null | undefined,
  transport: Pick<Envelope, 'door' | 'peer' | 'signal' | 'requestId'>,
): Envelope {
  const authorization = header('authorization');
  return {
    ...transport,
    credential: authorization ? bearer(authorization) : (header('x-api-key') ?? undefined),
    origin: header('origin') ?? undefined,
    requestId: transport.requestId ?? readRequestId(header('x-request-id') ?? undefined),
    traceparent: header('traceparent') ?? undefined,
  };
}
