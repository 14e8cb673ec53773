import type { MessageInitShape } from '@bufbuild/protobuf';
import type { Client } from '@connectrpc/connect';
import type {
  OtpService,
  WatchSessionRequestSchema,
  WatchSessionResponse,
} from '../../gen/otp/v1/otp_service_pb.js';
import { resumed } from './resume.js';

/** Options of a watch. */
export interface WatchOptions {
  /** Ends the watch: it then throws the signal's reason. Leaving the loop ends it too. */
  readonly signal?: AbortSignal;
  readonly headers?: HeadersInit;
}

/**
 * The events of a session, each once and in order, until the session ends. The
 * first response has no event, only the session in its current state. A stream
 * that ends early is resumed, on any process of the service. Throws ConnectError:
 * at once for a refusal, after about two minutes for a transient failure.
 */
export async function* watchSession(
  client: Pick<Client<typeof OtpService>, 'watchSession'>,
  request: MessageInitShape<typeof WatchSessionRequestSchema>,
  options: WatchOptions = {},
): AsyncGenerator<WatchSessionResponse, void, void> {
  const open = (cursor: string, call: Parameters<typeof client.watchSession>[1]) =>
    client.watchSession({ ...request, cursor }, call);
  let hasStarted = false;
  for await (const response of resumed(open, request.cursor ?? '', options)) {
    if (response.event || !hasStarted) yield response;
    hasStarted = true;
    if (response.final) return;
  }
}
