import { type DestinationStream, type Logger, pino, stdTimeFunctions } from 'pino';
import type { Config } from '../config/config.js';

export type { Logger } from 'pino';

/**
 * The structured log: one JSON object a line on standard output.
 *
 * Nothing secret is ever handed to it: callers log reasons, ids and masked
 * forms, never a code, token, key or full address. An error is logged by its
 * name, message and stack, so what an error of ours says must hold none either.
 */
export function createLog(
  level: Config['logLevel'],
  destination: DestinationStream = pino.destination({ sync: false }),
): Logger {
  return pino(
    { level, base: null, timestamp: stdTimeFunctions.isoTime, serializers: { err: describeError } },
    destination,
  );
}

/** An error for the log: its own words and those of its causes, without properties that drivers hang on errors. */
function describeError(thrown: unknown): unknown {
  if (!(thrown instanceof Error))
    return typeof thrown === 'string' ? thrown : Object.prototype.toString.call(thrown);
  return {
    name: thrown.name,
    message: thrown.message,
    stack: thrown.stack
      ?.split('\n')
      .slice(1, 6)
      .map((line) => line.trim()),
    ...(thrown.cause === undefined ? {} : { cause: describeError(thrown.cause) }),
  };
}
