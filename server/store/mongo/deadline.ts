import { Failure } from '../../errors.js';
import { storeFailure } from './failures.js';

/** How long anything asked of the store may take. */
export interface Deadline {
  /** The promise, or STORE_UNAVAILABLE when the deadline passes first. */
  inTime<T>(operation: Promise<T>): Promise<T>;
  /** The same for an operation of the port: its errors become the port's. */
  within<T>(operation: Promise<T>): Promise<T>;
}

/**
 * A deadline in total, for every operation: the driver's own limits add up, one
 * for each step and each retry. The driver gives its own attempt up soon after;
 * whether a write that was under way took effect is then unknown, as it is after
 * any broken connection.
 */
export function createDeadline(milliseconds: number): Deadline {
  const inTime = <T>(operation: Promise<T>): Promise<T> =>
    new Promise<T>((resolve, reject) => {
      const timer = setTimeout(() => {
        const cause = new Error(`no response within ${milliseconds} ms`);
        reject(new Failure('STORE_UNAVAILABLE', { cause }));
      }, milliseconds);
      operation.then(resolve, reject).finally(() => clearTimeout(timer));
    });
  return {
    inTime,
    within: (operation) =>
      inTime(operation).catch((error) => {
        throw storeFailure(error);
      }),
  };
}
