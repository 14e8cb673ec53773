import type { Connection } from './connection.js';
import type { Target } from './context/target.js';
import type { Io } from './io.js';
import type { Printer } from './output/print.js';

/** What every command is given. */
export interface Cli {
  readonly io: Io;
  readonly print: Printer;
  /** Whether `--json` was given. */
  isJson(): boolean;
  /** The service to call and its key. Throws CliError where there is no key. */
  target(): Target;
  /** The URL of the service to call, for what takes no key. */
  url(): string;
  connect(): Connection;
}
