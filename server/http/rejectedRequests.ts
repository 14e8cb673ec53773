import type { Failure } from '../errors.js';
import type { HttpRequest } from './message.js';

/** Ids of requests that are not calls yet, and the record of those that never become one. */
export interface RejectedRequests {
  /** The caller's own id for the request, where it sent one that is safe to log; else a new one. */
  idOf(req: HttpRequest): string;
  /** Called for every request that was refused, or met a fault, without a call that says so itself. */
  refused(failure: Failure, req: HttpRequest, requestId: string): void;
  /** Called for bytes from a peer that were refused because they are no request. Returns the id for the response. */
  unreadable(failure: Failure, peer: string): string;
}
