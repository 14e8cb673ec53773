import { Code, ConnectError } from '@connectrpc/connect';
import { encodeEnvelope, readAllBytes, type UniversalServerResponse } from '@connectrpc/connect/protocol';
import {
  endStreamFlag,
  endStreamFromJson,
  endStreamToJson,
  errorFromJsonBytes,
  errorToJsonBytes,
} from '@connectrpc/connect/protocol-connect';
import { findTrailerError, setTrailerStatus } from '@connectrpc/connect/protocol-grpc';
import { trailerFlag, trailerParse, trailerSerialize } from '@connectrpc/connect/protocol-grpc-web';
import { Failure, type FieldViolation } from '../errors.js';
import { toConnectError } from './connectError.js';
import { ENVELOPE_HEAD } from './sizes.js';

/** Largest size of Connect's own refusals, bytes; each is one short sentence. */
const REFUSAL_MAX = 65_536;

/** How a protocol encodes an error. */
interface Protocol {
  /** The error of a response; undefined for a response without one. */
  read(response: UniversalServerResponse): Promise<ConnectError | undefined>;
  /** The response with its error replaced. */
  write(response: UniversalServerResponse, error: ConnectError, status: number): UniversalServerResponse;
}

const grpc: Protocol = {
  read: async ({ trailer }) => trailer && findTrailerError(trailer),
  write: (response, error) => ({ ...response, trailer: setTrailerStatus(new Headers(), error) }),
};

const grpcWeb: Protocol = {
  async read({ body }) {
    const bytes = await readAllBytes(body ?? once(), REFUSAL_MAX);
    return findTrailerError(trailerParse(bytes.subarray(ENVELOPE_HEAD)));
  },
  write(response, error) {
    const trailer = trailerSerialize(setTrailerStatus(new Headers(), error));
    return { ...response, body: once(encodeEnvelope(trailerFlag, trailer)) };
  },
};

const connect: Protocol = {
  async read({ body, status }) {
    if (status < 400) return undefined;
    const bytes = await readAllBytes(body ?? once(), REFUSAL_MAX);
    return errorFromJsonBytes(bytes, undefined, new ConnectError('', Code.Unknown));
  },
  write(response, error, status) {
    const header = new Headers(response.header);
    error.metadata.forEach((value, name) => {
      header.set(name, value);
    });
    header.set('content-type', 'application/json');
    const body = errorToJsonBytes(error, undefined);
    header.set('content-length', String(body.byteLength));
    return { status, header, body: once(body) };
  },
};

/** A stream of Connect ends with a message that may hold an error. */
const connectStream: Protocol = {
  async read({ body }) {
    const bytes = await readAllBytes(body ?? once(), REFUSAL_MAX);
    return endStreamFromJson(bytes.subarray(ENVELOPE_HEAD)).error;
  },
  write(response, error) {
    const end = endStreamToJson(new Headers(), error, undefined);
    return { ...response, body: once(encodeEnvelope(endStreamFlag, Buffer.from(JSON.stringify(end)))) };
  },
};

/**
 * Replaces Connect's refusal of a request that reached no handler with an error
 * of the contract: with a reason, and without the invalid value, which Connect
 * quotes and which may be a code or an address. `findFault` looks for the invalid
 * field; `onRefused` is called with the failure.
 */
export async function rewriteRefusal(
  response: UniversalServerResponse,
  findFault: () => FieldViolation | undefined,
  onRefused: (failure: Failure) => void,
): Promise<UniversalServerResponse> {
  // A refusal without a text, such as of a bidirectional stream on HTTP/1.1, stays as it is.
  if (!response.body && !response.trailer) return response;
  const protocol = protocolOf(response.header?.get('content-type') ?? '');
  const error = await protocol.read(response);
  if (!error) return response;
  const failure = failureOf(error, findFault);
  if (failure) onRefused(failure);
  const rewritten = failure ? toConnectError(failure) : error;
  return protocol.write(response, rewritten, failure?.row.status ?? response.status);
}

/** A refusal in Connect's JSON, for a request that Connect did not see. */
export function refusalResponse(failure: Failure): UniversalServerResponse {
  return connect.write({ status: failure.row.status }, toConnectError(failure), failure.row.status);
}

function protocolOf(contentType: string): Protocol {
  if (contentType.startsWith('application/grpc-web')) return grpcWeb;
  if (contentType.startsWith('application/connect+')) return connectStream;
  return contentType.startsWith('application/grpc') ? grpc : connect;
}

/** Undefined where Connect's error is kept: an unknown compression, a deadline that passed. */
function failureOf(
  { code, rawMessage }: ConnectError,
  findFault: () => FieldViolation | undefined,
): Failure | undefined {
  if (code === Code.ResourceExhausted) return new Failure('BODY_TOO_LARGE');
  // Connect reports binary messages that it cannot decode, and some that it cannot decompress, as Internal.
  const isMalformed =
    code === Code.InvalidArgument ||
    (code === Code.Internal && /^(parse binary|decompression failed)/.test(rawMessage));
  if (!isMalformed) return undefined;
  if (rawMessage.startsWith('protocol error')) return new Failure('INVALID_REQUEST', { message: rawMessage });
  const fault = findFault();
  return new Failure(
    'INVALID_REQUEST',
    fault ? { violations: [fault] } : { message: 'The request cannot be decoded.' },
  );
}

async function* once(...chunks: readonly Uint8Array[]): AsyncIterable<Uint8Array> {
  yield* chunks;
}
