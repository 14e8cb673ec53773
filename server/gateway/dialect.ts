import type { DescMethod, MessageInitShape, MessageShape } from '@bufbuild/protobuf';
import type { z } from 'zod';
import type { CallRules } from '../call/call.js';
import type { Failure, Reason } from '../errors.js';
import type { HttpRequest } from '../http/message.js';
import type { Transport } from '../observe/metrics/table.js';

/** What a route responds with. Status 200 unless it says otherwise. */
export interface RestResponse {
  readonly status?: number;
  readonly body: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

/** One REST request, its body and query already of the right shape. */
export interface Exchange<Body = unknown, Query = unknown, M extends DescMethod = DescMethod> {
  readonly body: Body;
  readonly query: Query;
  /** Parts of the path, decoded. */
  readonly params: Readonly<Record<string, string>>;
  readonly req: HttpRequest;
  readonly peer: string;
  /** The service's own time, milliseconds. */
  now(): number;
  /** The Idempotency-Key header; empty without one. */
  readonly requestKey: string;
  /** The headers X-End-User-IP and X-Device-Id: where the person is. Empty without them. */
  readonly person: { readonly endUserIp: string; readonly deviceId: string };
  /** Runs the route's method of the contract through the pipeline. Rejects with a Failure. */
  call(request: MessageInitShape<M['input']>): Promise<MessageShape<M['output']>>;
}

/** One method at one path of a document. Also what /openapi.json is made of. */
export interface RestRoute<
  Body extends z.ZodType = z.ZodType,
  Query extends z.ZodType = z.ZodType,
  M extends DescMethod = DescMethod,
> {
  readonly method: 'GET' | 'POST' | 'DELETE';
  /** With parameters in braces: `/v1/sponsors/{slug}/configuration`. */
  readonly path: string;
  readonly summary: string;
  /** The method of the contract that it speaks for; none at the token endpoint. */
  readonly calls?: M;
  readonly body?: Body;
  readonly query?: Query;
  /** The body of a success. */
  readonly response: z.ZodType;
  /** What its document adds to the rules of a call. */
  readonly rules?: CallRules;
  /** A request and its response, for the description. */
  readonly example?: { readonly body?: unknown; readonly response: unknown };
  /** What it refuses with besides what its method of the contract does. */
  readonly refusals?: readonly Reason[];
  /** Served without a credential. */
  readonly open?: true;
  /** The body may also be an HTML form. */
  readonly form?: true;
  /** Hands out the code of a sandbox session in X-Sandbox-Code. */
  readonly sandboxCode?: true;
  handle(exchange: Exchange<z.output<Body>, z.output<Query>, M>): Promise<RestResponse>;
}

/** Ties the types of a route's shapes to its handler. */
export const route = <B extends z.ZodType, Q extends z.ZodType, M extends DescMethod>(
  definition: RestRoute<B, Q, M>,
): RestRoute => definition as unknown as RestRoute;

/** A documented HTTP API: its routes, its credentials, its way to refuse. */
export interface Dialect {
  /** Its name in logs and metrics. */
  readonly name: Transport;
  readonly title: string;
  /** Every path of it begins with one of these; any other path under them gets this dialect's own errors. */
  readonly prefixes: readonly string[];
  readonly routes: readonly RestRoute[];
  /** The body of every refusal. */
  readonly refusal: z.ZodType;
  /** How a credential is presented, for the log-in step and for /openapi.json. */
  readonly credential: 'bearer' | 'apiKey';
  /** The dialect's names for fields of the contract, such as `config.code_length` → `config.otp_length`. */
  readonly fields: Readonly<Record<string, string>>;
  /** The response to a failure; `body` is what the caller sent, where that was read. */
  refuse(failure: Failure, body: unknown): RestResponse;
}
