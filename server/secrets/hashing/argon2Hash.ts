import { createHmac, type KeyObject } from 'node:crypto';
import { hash, verify } from '@node-rs/argon2';
import type { Random } from '../../platform/random.js';
import { lengthPrefixed } from '../lengthPrefixed.js';

/**
 * argon2id (RFC 9106) with the parameters of OWASP's Password Storage Cheat
 * Sheet: 19 MiB, two passes, one lane. About 11 ms of one processor.
 */
const COST = { memoryCost: 19_456, timeCost: 2, parallelism: 1, outputLen: 32 } as const;
const ARGON2ID = 2;
const SALT = 16;

/**
 * The `secret` input (K in RFC 9106) of one context. The context is bound here
 * and not as associated data because @node-rs/argon2 has no such option; other
 * implementations verify the PHC string when they are given this secret.
 */
export const argon2Secret = (pepper: KeyObject, context: string): Buffer =>
  createHmac('sha256', pepper).update(lengthPrefixed('argon2id', context)).digest();

/** A PHC string, `$argon2id$v=19$m=19456,t=2,p=1$<salt>$<hash>`. Runs on the thread pool. */
export const hashArgon2 = (
  code: string,
  context: string,
  pepper: KeyObject,
  random: Random,
): Promise<string> =>
  hash(code, {
    ...COST,
    algorithm: ARGON2ID,
    secret: argon2Secret(pepper, context),
    salt: random.bytes(SALT),
  });

/** Whether the PHC string is that of the code. Runs on the thread pool. */
export const verifyArgon2 = (
  code: string,
  phc: string,
  context: string,
  pepper: KeyObject,
): Promise<boolean> => verify(phc, code, { secret: argon2Secret(pepper, context) });

export const isArgon2 = (body: string): boolean => body.startsWith('$argon2id$');
