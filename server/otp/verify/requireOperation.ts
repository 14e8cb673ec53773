import type { Operation } from '../../../gen/otp/v1/session_pb.js';
import type { Call } from '../../call/call.js';
import { invalid } from '../../errors.js';
import type { StoredSession, StoredTransaction } from '../../session/stored.js';
import { isSameOperation, storedOperation } from '../operation.js';

/**
 * The transaction that a call is about to complete, which must be the one its code
 * was made for. Throws OPERATION_MISMATCH before anything is counted or compared.
 * The page that holds a session token does not know the transaction, so only there
 * it is not asked for, and that of the session is meant.
 */
export function requireOperation(
  { principal }: Call,
  { operation: bound }: Pick<StoredSession, 'operation'>,
  named: Operation | undefined,
): StoredTransaction | undefined {
  if (named) {
    const operation = storedOperation(named);
    if (!bound || !isSameOperation(bound, operation))
      throw invalid('operation', 'must be the one the session was opened for', 'OPERATION_MISMATCH');
    return operation.transaction;
  }
  if (bound?.transaction && principal.sessionId === undefined)
    throw invalid(
      'operation',
      'is required, with the transaction the session was opened for',
      'OPERATION_MISMATCH',
    );
  return bound?.transaction;
}
