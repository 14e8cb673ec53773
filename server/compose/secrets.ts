import { availableParallelism } from 'node:os';
import type { Clock } from '../clock.js';
import type { Config } from '../config.js';
import type { Logger } from '../observe/log.js';
import type { Random } from '../random.js';
import { createAccessTokens } from '../secrets/accessTokens.js';
import { createCodeHasher } from '../secrets/codeHasher.js';
import { createEncryption } from '../secrets/encryption.js';
import { createFingerprints } from '../secrets/fingerprints.js';
import { createHashPool, hashConcurrency, openHashPool } from '../secrets/hashPool.js';
import { createJwt } from '../secrets/jwt.js';
import { openKeyring } from '../secrets/keyring.js';
import { masterKeysOfFolder } from '../secrets/masterKeyFile.js';
import { parseMasterKeys } from '../secrets/masterKeys.js';
import { measuredPool } from '../secrets/measuredPool.js';
import { createSessionTokens } from '../secrets/sessionTokens.js';
import { tracedHasher } from '../secrets/tracedHasher.js';
import { createVerificationTokens } from '../secrets/verificationToken.js';
import type { Documents } from '../store/documents.js';
import type { Observing } from './observing.js';

/** Requests that may wait for a hash. At 11 ms a hash and two at once, the last waits under two seconds. */
const WAITING_ROOM = 256;

/** Opens the key ring and everything that stands on it. */
export async function composeSecrets(
  config: Config,
  documents: Documents,
  clock: Clock,
  random: Random,
  log: Logger,
  { metrics, tracing }: Observing,
) {
  const masters = config.masterKeys
    ? parseMasterKeys(config.masterKeys)
    : await masterKeysOfFolder(config.dataDir, random);
  const keyring = await openKeyring({ documents, masters, clock, random });
  const stopRefreshing = keyring.keepFresh((err) => log.warn({ err }, 'the key ring cannot be read again'));
  const concurrency = config.hashConcurrency ?? hashConcurrency(availableParallelism());
  const hasher = createCodeHasher(config.hash, keyring.keys('pepper'), random);
  const jwt = createJwt(keyring.keys('signing'), clock);
  return {
    hasher: tracing ? tracedHasher(hasher, tracing) : hasher,
    pool:
      config.hash === 'hmac'
        ? openHashPool
        : measuredPool(createHashPool({ concurrency, waitingRoom: WAITING_ROOM, clock }), metrics),
    encryption: createEncryption(keyring.keys('encryption'), random),
    fingerprints: createFingerprints(keyring.keys('index')),
    sessionTokens: createSessionTokens(jwt),
    accessTokens: createAccessTokens(jwt, clock, random),
    verificationTokens: createVerificationTokens(keyring.keys('token')),
    stopRefreshing,
  };
}

/** What composeSecrets makes. */
export type Secrets = Awaited<ReturnType<typeof composeSecrets>>;
