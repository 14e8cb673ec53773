import type { DescMethod, Message, MessageInitShape } from '@bufbuild/protobuf';
import type { ConnectError } from '@connectrpc/connect';
import { type Compression, compressionNegotiate } from '@connectrpc/connect/protocol';
import { compressionGzip } from '@connectrpc/connect-node';
import type { Failure } from '../errors.js';
import type { HttpRequest, HttpResponse } from '../http/message.js';
import type { Transport } from '../observe/metrics/table.js';

/** Compressing a smaller response costs more than it saves, bytes. */
const COMPRESS_FROM = 4_096;

/** A method of the contract, and whether its requests name enum values. */
export interface Target {
  readonly method: DescMethod;
  readonly namesValues: boolean;
}

/** One request and its response. `headers`: what the response has besides those of its protocol. */
export interface Exchange {
  readonly req: HttpRequest;
  readonly res: HttpResponse;
  readonly headers: Record<string, string>;
}

/** How a protocol encodes unary calls in their plain form. */
export interface UnaryProtocol<F extends { readonly timeoutMs: number | undefined }> {
  readonly transport: Transport;
  /** Bytes of a body besides those of its message. */
  readonly overhead: number;
  /** Undefined for a request that Connect's own handler must handle, such as one that it will refuse. */
  formatOf(req: HttpRequest): F | undefined;
  /** Undefined for a body that Connect's own handler must handle. Throws Failure INVALID_REQUEST. */
  decode(target: Target, format: F, body: Buffer): Message | undefined;
  send(
    exchange: Exchange,
    of: { readonly method: DescMethod; readonly format: F },
    response: MessageInitShape<DescMethod['output']>,
  ): Promise<void>;
  /** `refused`: why the request was refused before it reached a method. */
  sendError(exchange: Exchange, error: ConnectError, refused?: Failure): void;
}

/** How a response of so many bytes is compressed; null where it is not. `header` names what the caller accepts. */
export function compressionOf(req: HttpRequest, header: string, bytes: number): Compression | null {
  if (bytes < COMPRESS_FROM) return null;
  const accepted = req.headers[header]?.toString() ?? null;
  return compressionNegotiate([compressionGzip], null, accepted, header).response;
}

/** Whether the caller still waits for a response. */
export const isSendable = (res: HttpResponse): boolean =>
  !(res.headersSent || res.writableEnded || res.destroyed);
