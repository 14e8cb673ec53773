import {
  MongoBulkWriteError,
  MongoCompatibilityError,
  MongoServerError,
  MongoServerSelectionError,
  type WriteError,
} from 'mongodb';
import { Failure } from '../../errors.js';
import { DuplicateKey, StoreRefused, UnsupportedOperation } from '../documents.js';

/** What the server says to an operation that is itself at fault (mongodb/mongo, src/mongo/base/error_codes.yml). */
const OPERATION_AT_FAULT: ReadonlySet<unknown> = new Set([
  2, // BadValue
  9, // FailedToParse
  14, // TypeMismatch
  28, // PathNotViable
  40, // ConflictingUpdateOperators
  52, // DollarPrefixedFieldName
  57, // DottedFieldName
  66, // ImmutableField
  10334, // BSONObjectTooLarge
  17419, // a document too large after the update
  17420, // the same, on the way there
]);

const NOT_ALLOWED: ReadonlySet<unknown> = new Set([
  13, // Unauthorized
  18, // AuthenticationFailed
  8000, // the code of hosted clusters for a wrong password
]);

const INDEX_CONFLICT: ReadonlySet<unknown> = new Set([
  67, // CannotCreateIndex
  85, // IndexOptionsConflict
  86, // IndexKeySpecsConflict
]);

const codeOf = (error: unknown): unknown => (error instanceof MongoServerError ? error.code : undefined);

export const DUPLICATE_KEY = 11000;

export const isDuplicateKey = (error: unknown): boolean => codeOf(error) === DUPLICATE_KEY;

/**
 * What a command of several writes says of each, by its index. Without an error of its
 * own a write is stored, unless the command failed or its writes are not confirmed.
 */
export function partsOf(error: MongoBulkWriteError) {
  const refused = new Map([error.writeErrors].flat().map((one: WriteError) => [one.index, one]));
  return { refused, unconfirmed: refused.size === 0 || error.result.getWriteConcernError() !== undefined };
}

/** What the server says to one write of a command, in the form in which it says it to a command. */
export const withCode = (error: MongoBulkWriteError, { code, errmsg }: WriteError): Error =>
  Object.assign(
    new MongoBulkWriteError({ message: errmsg ?? 'write error', code, writeErrors: [] }, error.result),
    {
      code,
    },
  );

/** While running: our own mistake, or a store that cannot serve right now. */
export function storeFailure(error: unknown): unknown {
  if (error instanceof Failure || error instanceof DuplicateKey) return error;
  if (OPERATION_AT_FAULT.has(codeOf(error))) {
    return new UnsupportedOperation((error as Error).message, { cause: error });
  }
  // The BSON library refuses some sizes and depths before anything is sent.
  if (error instanceof RangeError) return new UnsupportedOperation(error.message, { cause: error });
  return new Failure('STORE_UNAVAILABLE', { cause: error });
}

/**
 * At start: a refusal where the operator has to change something, else the
 * store that cannot be reached yet. Messages name hosts and never the URI,
 * which may hold a password.
 */
export function startFailure(error: unknown, where: string): unknown {
  if (error instanceof StoreRefused || error instanceof Failure) return error;
  const refused = (why: string): StoreRefused => new StoreRefused(why, { cause: error });
  const code = codeOf(error);
  if (NOT_ALLOWED.has(code)) {
    return refused(
      `MongoDB at ${where} does not let this user in or lets it do too little: ${(error as Error).message}`,
    );
  }
  if (INDEX_CONFLICT.has(code)) {
    return refused(
      `MongoDB at ${where} has an index that contradicts the one needed; drop it and start again: ${(error as Error).message}`,
    );
  }
  const reason = error instanceof MongoServerSelectionError ? (error.cause ?? error) : error;
  const message = reason instanceof Error ? reason.message : 'no reason given';
  if (reason instanceof MongoCompatibilityError) {
    return refused(`MongoDB at ${where} is too old or too new: ${message}`);
  }
  const cause = new Error(`MongoDB at ${where} does not respond: ${message}`, { cause: error });
  return new Failure('STORE_UNAVAILABLE', { cause });
}
