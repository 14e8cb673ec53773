import { Failure } from '../../errors.js';
import { storeFailure } from './failures.js';

/** In total, for every operation: the driver's own limits add up, one for each step and each retry. */
const DEADLINE_MS = 2800;

/**
 * The driver's promise, or STORE_UNAVAILABLE when the deadline passes first.
 * The driver gives its own attempt up soon after; whether a write that was
 * under way took effect is then unknown, as it is after any broken connection.
 */
export function inTime<T>(operation: Promise<T>): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    const timer = setTimeout(() => {
      reject(new Failure('STORE_UNAVAILABLE', { cause: new Error(`no answer within ${DEADLINE_MS} ms`) }));
    }, DEADLINE_MS);
    operation.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}

/** The same for an operation of the port: its errors become the port's. */
export async function withinDeadline<T>(operation: Promise<T>): Promise<T> {
  try {
    return await inTime(operation);
  } catch (error) {
    throw storeFailure(error);
  }
}
