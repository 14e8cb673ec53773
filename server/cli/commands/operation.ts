import { type Command, InvalidArgumentError } from 'commander';
import { usage } from '../errors.js';

/** An operation as options name it, with the transaction that it makes. */
export interface OperationOptions {
  readonly operation?: { readonly type: string; readonly id: string };
  readonly amount?: string;
  readonly currency?: string;
  readonly payee?: string;
  readonly account?: string;
}

/** Adds the options of a transaction, which belong to an operation. */
export function addTransaction(command: Command): Command {
  return command
    .option('--amount <decimal>', 'amount of the transaction of the operation, such as 20.00')
    .option('--currency <code>', 'its currency, such as EUR')
    .option('--payee <name>', 'who receives it')
    .option('--account <account>', "the payee's account");
}

/** The operation that the options name; undefined where they name none. */
export function operationOf({ operation, amount, currency, payee, account }: OperationOptions) {
  const parts = [amount, currency, payee];
  if ([...parts, account].every((part) => part === undefined)) return operation;
  if (!operation) throw usage('a transaction belongs to an operation: give --operation as well');
  if (amount === undefined || currency === undefined || payee === undefined)
    throw usage('a transaction needs --amount, --currency and --payee');
  return {
    ...operation,
    transaction: { amount, currency, payee, ...(account !== undefined && { account }) },
  };
}

/** The type and id of an operation. */
export function readOperation(text: string): { readonly type: string; readonly id: string } {
  const [, type, id] = /^([^:]+):(.+)$/.exec(text) ?? [];
  if (!type || !id) throw new InvalidArgumentError('It must be a type and an id, such as payment:4711.');
  return { type, id };
}
