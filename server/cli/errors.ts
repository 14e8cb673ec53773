import { ConnectError } from '@connectrpc/connect';
import { CommanderError } from 'commander';
import { readError } from '../../clients/errors/index.js';
import { ConfigError } from '../config/config.js';
import { EXIT, exitStatusOf, Failure } from '../errors.js';
import { RetireRefused } from '../maintenance/keyringCare.js';
import { SecretsRefused } from '../secrets/keyring/refusal.js';
import { StoreRefused } from '../store/documents.js';
import type { Io } from './io.js';

/** A failure that the command line itself finds. The message says what to do. */
export class CliError extends Error {
  override readonly name = 'CliError';
  readonly exit: number;

  constructor(message: string, exit: number) {
    super(message);
    this.exit = exit;
  }
}

/** A wrong command line. */
export const usage = (message: string): CliError => new CliError(message, EXIT.usage);

interface Explained {
  readonly reason: string;
  readonly message: string;
  readonly exit: number;
  readonly details: readonly string[];
}

/** Writes what went wrong to standard error and returns the exit status. */
export function report(thrown: unknown, { stderr }: Io, json: boolean): number {
  if (thrown instanceof CommanderError) return thrown.exitCode === 0 ? 0 : EXIT.usage;
  const { reason, message, exit, details } = explain(thrown);
  if (json)
    stderr.write(
      `${JSON.stringify({ error: { reason, message, ...(details.length > 0 && { details }) } })}\n`,
    );
  else stderr.write(`error: ${message} (${reason})\n${details.map((line) => `  ${line}\n`).join('')}`);
  return exit;
}

function explain(thrown: unknown): Explained {
  if (thrown instanceof CliError) return plain('CLI', thrown.message, thrown.exit);
  if (thrown instanceof ConfigError || thrown instanceof SecretsRefused) {
    return plain('CONFIGURATION', thrown.message, EXIT.configuration);
  }
  if (thrown instanceof StoreRefused) return plain('STORE_REFUSED', thrown.message, EXIT.tryAgain);
  if (thrown instanceof RetireRefused) return plain('KEY_IN_USE', thrown.message, EXIT.internal);
  if (thrown instanceof Failure) {
    const { cause } = thrown.details;
    const message = cause instanceof Error ? `${thrown.message} ${cause.message}` : thrown.message;
    return plain(thrown.reason, message, exitStatusOf(thrown.row.code));
  }
  if (thrown instanceof ConnectError) return ofCall(thrown);
  if (isPromptClosed(thrown)) return plain('CANCELED', 'cancelled', EXIT.canceled);
  return plain(
    'INTERNAL',
    thrown instanceof Error ? (thrown.stack ?? thrown.message) : String(thrown),
    EXIT.internal,
  );
}

const plain = (reason: string, message: string, exit: number): Explained => ({
  reason,
  message,
  exit,
  details: [],
});

function ofCall(thrown: ConnectError): Explained {
  const { reason, code, message, retryAfterMs, attemptsRemaining, violations } = readError(thrown);
  return {
    reason,
    message,
    exit: exitStatusOf(code),
    details: [
      ...violations.map(({ field, description }) => `${field} ${description}`),
      ...(attemptsRemaining === undefined ? [] : [`Attempts left: ${attemptsRemaining}.`]),
      ...(retryAfterMs === undefined ? [] : [`Try again in ${Math.ceil(retryAfterMs / 1000)} s.`]),
    ],
  };
}

/** Ctrl-C at a prompt. */
const isPromptClosed = (thrown: unknown): boolean =>
  thrown instanceof Error && thrown.name === 'ExitPromptError';
