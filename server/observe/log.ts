import { setTimeout as pause } from 'node:timers/promises';
import { type DestinationStream, type Logger, pino, stdTimeFunctions } from 'pino';
import type { Config } from '../config/config.js';

export type { Logger } from 'pino';

/** Bytes of lines kept while the output is not read; further lines are dropped and counted. */
const UNREAD_BYTES = 8 * 1024 * 1024;

/** Where the log goes. */
export interface LogOutput {
  readonly stream: DestinationStream;
  /** Lines dropped since the start, because the output was not read. */
  dropped(): number;
  /** Resolves once everything is written: true; or false when it is not after that time. */
  flushed(limitMs: number): Promise<boolean>;
}

/** A file descriptor as the output of the log; standard output unless another one is given. */
export function createLogOutput(fd = 1, unreadBytes = UNREAD_BYTES): LogOutput {
  // Without a least length, flushing reports success at once.
  const stream = pino.destination({ fd, sync: false, minLength: 1, maxLength: unreadBytes });
  let dropped = 0;
  stream.on('drop', () => {
    dropped++;
  });
  return {
    stream,
    dropped: () => dropped,
    async flushed(limitMs) {
      const written = new Promise<boolean>((resolve) => stream.flush(() => resolve(true)));
      return Promise.race([written, pause(limitMs, false, { ref: false })]);
    },
  };
}

/**
 * The structured log: one JSON object a line on standard output.
 *
 * Nothing secret is ever handed to it: callers log reasons, ids and masked
 * forms, never a code, token, key or full address. An error is logged by its
 * name, message and stack, so what an error of ours says must hold none either.
 */
export function createLog(
  level: Config['logLevel'],
  destination: DestinationStream = createLogOutput().stream,
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
