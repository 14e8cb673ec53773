import { openStore } from '../../compose/openStore.js';
import { type Config, readConfig } from '../../config/config.js';
import { VENDOR_SETTINGS } from '../../delivery/vendors/index.js';
import { systemClock } from '../../platform/clock.js';
import { systemRandom } from '../../platform/random.js';
import { existingMasterKeys } from '../../secrets/keyring/masterKeyFile.js';
import { type MasterKeys, parseMasterKeys } from '../../secrets/keyring/masterKeys.js';
import { SecretsRefused } from '../../secrets/keyring/refusal.js';
import type { Documents } from '../../store/documents.js';
import type { Io } from '../io.js';

/** The settings of the service on this machine. Throws ConfigError. */
export const settingsOf = ({ env }: Io): Config => readConfig(env, VENDOR_SETTINGS);

/** Its master keys; undefined where there are none. None is ever made here. Throws SecretsRefused. */
export async function masterKeysOf(config: Config): Promise<MasterKeys | undefined> {
  return config.masterKeys ? parseMasterKeys(config.masterKeys) : existingMasterKeys(config.dataDir);
}

/** What the care of a store takes. */
export interface OpenedStore {
  readonly documents: Documents;
  readonly masters: MasterKeys;
  readonly clock: typeof systemClock;
  readonly random: typeof systemRandom;
}

/** Runs something with the store of the service and its master keys. */
export async function withStore<T>(io: Io, use: (opened: OpenedStore) => Promise<T>): Promise<T> {
  const config = settingsOf(io);
  const masters = await masterKeysOf(config);
  if (!masters) {
    throw new SecretsRefused(
      `There are no master keys: set OTP_MASTER_KEYS as the service has it, or OTP_DATA_DIR to the folder with master.keys (now ${config.dataDir}).`,
    );
  }
  const documents = await openStore(config, systemClock);
  try {
    return await use({ documents, masters, clock: systemClock, random: systemRandom });
  } finally {
    await documents.close();
  }
}
