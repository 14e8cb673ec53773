import type { Failure } from '../errors.js';
import type { HttpRequest } from './message.js';

/** What every door does with a request before it is a call, and where it ends if it never becomes one. */
export interface Intake {
  /** The caller's own id for the request, where it sent one that can stand in a log; else a new one. */
  idOf(req: HttpRequest): string;
  /** Told of every request that was refused, or met a fault, without a call that says so itself. */
  refused(failure: Failure, req: HttpRequest, requestId: string): void;
  /** Told of bytes from a peer that were refused because they are no request. Gives back the id for the answer. */
  unreadable(failure: Failure, peer: string): string;
}
