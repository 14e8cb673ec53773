import type { ApiKeys, Ensured } from '../admin/keys/apiKeys.js';
import { DEFAULT_WORKSPACE, defaultWorkspace, type Workspace } from '../admin/workspaces/stored.js';
import type { Config } from '../config/config.js';
import { SCOPES } from '../domain/principal.js';
import type { Logger } from '../observe/log.js';
import type { Clock } from '../platform/clock.js';
import type { Documents } from '../store/documents.js';
import { insertOnce } from '../store/insertOnce.js';

/** The API keys of a first start, to be shown once. */
export interface FirstKeys {
  readonly live: string;
  readonly test: string;
}

const WARNINGS: Readonly<Partial<Record<Ensured, string>>> = {
  restored:
    'the key of OTP_BOOTSTRAP_API_KEY had lost scopes or had an expiry: it has every scope again, without expiry',
  revoked: 'the key of OTP_BOOTSTRAP_API_KEY was revoked and stays so: set another one',
  rotated: 'the key of OTP_BOOTSTRAP_API_KEY was rotated: set the newer secret, or another key',
};

/** Everything except acting on other workspaces. */
const OWN_SCOPES = SCOPES.filter((scope) => scope !== 'operator');

interface Deps {
  readonly config: Config;
  readonly documents: Documents;
  readonly keys: ApiKeys;
  readonly clock: Clock;
  readonly log: Logger;
}

/**
 * Makes the workspace "default" where there is none, and with it, in
 * development, its first keys; and the bootstrap key, where one is configured.
 * Of processes that start at once, the one whose insert succeeds makes the keys.
 */
export async function createBootstrapKeys({
  config,
  documents,
  keys,
  clock,
  log,
}: Deps): Promise<FirstKeys | undefined> {
  const workspace = DEFAULT_WORKSPACE;
  if (config.bootstrapApiKey) {
    const ensured = await keys.ensure(config.bootstrapApiKey, {
      workspace,
      mode: 'live',
      displayName: 'bootstrap',
      scopes: SCOPES,
    });
    const warning = WARNINGS[ensured];
    if (warning) log.warn(warning);
  }
  const isFirst = await insertOnce(documents.collection<Workspace>('workspaces'), {
    ...defaultWorkspace(workspace),
    createdAt: new Date(clock.now()),
  });
  if (!isFirst || config.bootstrapApiKey || config.env === 'production') return undefined;
  const [live, test] = await Promise.all([
    keys.create({ workspace, mode: 'live', displayName: 'first live key', scopes: SCOPES }),
    keys.create({ workspace, mode: 'test', displayName: 'first test key', scopes: OWN_SCOPES }),
  ]);
  return { live: live.secret, test: test.secret };
}
