import type { Environment } from '../../config/settingGroup.js';
import { EXIT } from '../../errors.js';
import { CliError } from '../errors.js';
import { readContexts } from './contexts.js';

/** A service and a key that opens it. */
export interface Target {
  readonly url: string;
  readonly key: string;
}

const DEFAULT_URL = 'http://127.0.0.1:8080';

/**
 * The service to call: the context that is named, else the environment, else
 * the current context. Throws CliError where there is no key.
 */
export function resolveTarget(env: Environment, named: string | undefined): Target {
  const { key, url } = find(env, named);
  if (!key) {
    throw new CliError(
      'There is no API key: set COUNTERSIGN_API_KEY, or run `countersign context add NAME --url URL`',
      EXIT.noPermission,
    );
  }
  return { url, key };
}

/** The URL alone, for what takes no key. */
export const resolveUrl = (env: Environment, named: string | undefined): string => find(env, named).url;

function find(env: Environment, named: string | undefined) {
  const key = env.COUNTERSIGN_API_KEY;
  // Without a need for the file, a file that cannot be used does not matter.
  if (named === undefined && key) return { key, url: env.COUNTERSIGN_URL || DEFAULT_URL };
  const { current, contexts } = readContexts(env);
  const context = contexts[named ?? current];
  if (named !== undefined) {
    if (!context)
      throw new CliError(`There is no context ${named}: see \`countersign context ls\``, EXIT.noInput);
    return context;
  }
  return { key: context?.key, url: env.COUNTERSIGN_URL || context?.url || DEFAULT_URL };
}
