import type { Envelope } from '../call/call.js';
import { bearer, readRequestId } from '../pipeline/headers.js';

/** What the request's header says of a call, with what the door knows besides. */
export function envelopeOf(
  header: (name: string) => string | null | undefined,
  door: Pick<Envelope, 'door' | 'peer' | 'signal' | 'requestId'>,
): Envelope {
  const authorization = header('authorization');
  return {
    ...door,
    credential: authorization ? bearer(authorization) : (header('x-api-key') ?? undefined),
    origin: header('origin') ?? undefined,
    requestId: door.requestId ?? readRequestId(header('x-request-id') ?? undefined),
    traceparent: header('traceparent') ?? undefined,
  };
}
