import { availableParallelism } from 'node:os';
import type { Config } from '../config/config.js';
import type { Logger } from '../observe/log.js';
import type { Clock } from '../platform/clock.js';
import type { Random } from '../platform/random.js';
import { createEncryption } from '../secrets/encryption.js';
import { createFingerprints } from '../secrets/fingerprints.js';
import { createCodeHasher } from '../secrets/hashing/codeHasher.js';
import { createHashPool, hashConcurrency, openHashPool } from '../secrets/hashing/hashPool.js';
import { measureHashPool } from '../secrets/hashing/measureHashPool.js';
import { traceHasher } from '../secrets/hashing/traceHasher.js';
import { hasKeyring, openKeyring } from '../secrets/keyring/keyring.js';
import { masterKeysOfFolder } from '../secrets/keyring/masterKeyFile.js';
import { parseMasterKeys } from '../secrets/keyring/masterKeys.js';
import { createAccessTokens } from '../secrets/tokens/accessTokens.js';
import { createJwt } from '../secrets/tokens/jwt.js';
import { createSessionTokens } from '../secrets/tokens/sessionTokens.js';
import { createVerificationTokens } from '../secrets/tokens/verificationToken.js';
import type { Documents } from '../store/documents.js';
import type { Observing } from './telemetry.js';

/** Requests that may wait for a hash. At 11 ms a hash and two at once, the last waits under two seconds. */
const WAITING_ROOM = 256;

interface Deps {
  readonly documents: Documents;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  readonly observing: Observing;
}

/** Opens the key ring and everything that stands on it. */
export async function composeSecrets(
  config: Config,
  { documents, clock, random, log, observing: { metrics, tracing } }: Deps,
) {
  const masters = config.masterKeys
    ? parseMasterKeys(config.masterKeys)
    : await masterKeysOfFolder({
        folder: config.dataDir,
        random,
        isNeeded: () => hasKeyring(documents),
      });
  const keyring = await openKeyring({ documents, masters, clock, random });
  const stopRefreshing = keyring.keepFresh((err) => log.warn({ err }, 'the key ring cannot be read again'));
  // Of one process: those that share a port share the processors.
  const all = config.hashConcurrency ?? hashConcurrency(availableParallelism());
  const concurrency = Math.max(1, Math.floor(all / config.workers));
  const hasher = createCodeHasher(config.hash, keyring.keys('pepper'), random);
  const jwt = createJwt(keyring.keys('signing'), clock);
  return {
    hasher: tracing ? traceHasher(hasher, tracing) : hasher,
    pool:
      config.hash === 'hmac'
        ? openHashPool
        : measureHashPool(createHashPool({ concurrency, waitingRoom: WAITING_ROOM, clock }), metrics),
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
