import { chmodSync, mkdirSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import type { Environment } from '../../config/settingGroup.js';
import { EXIT } from '../../errors.js';
import { CliError } from '../errors.js';

const FILE = z.object({
  current: z.string(),
  contexts: z.record(z.string(), z.object({ url: z.string(), key: z.string() })),
});

/** Services by name, and the one that is used when no other is named. */
export type Contexts = z.infer<typeof FILE>;

/** Where contexts are kept (XDG Base Directory Specification). */
export const contextFile = (env: Environment): string =>
  join(env.XDG_CONFIG_HOME || join(env.HOME || homedir(), '.config'), 'countersign', 'contexts.json');

/** The contexts; none where there is no file. Throws CliError for a file that others can read or that is not one of contexts. */
export function readContexts(env: Environment): Contexts {
  const path = contextFile(env);
  try {
    const mode = statSync(path).mode & 0o077;
    if (mode !== 0 && process.platform !== 'win32') {
      throw new CliError(
        `${path} has API keys and is readable by other users: chmod 600 it, and replace the keys`,
        EXIT.configuration,
      );
    }
    return FILE.parse(JSON.parse(readFileSync(path, 'utf8')));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return { current: '', contexts: {} };
    if (error instanceof CliError) throw error;
    throw new CliError(`${path} must be a file made by \`countersign context add\``, EXIT.configuration);
  }
}

/** Replaces the file as a whole. Readable by its owner only, because keys are in it. */
export function writeContexts(env: Environment, contexts: Contexts): void {
  const path = contextFile(env);
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  const draft = `${path}.${process.pid}`;
  writeFileSync(draft, `${JSON.stringify(contexts, null, 2)}\n`, { mode: 0o600 });
  chmodSync(draft, 0o600);
  renameSync(draft, path);
}
