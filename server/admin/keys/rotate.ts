import { Failure } from '../../errors.js';
import type { Clock } from '../../platform/clock.js';
import { DAY_MS } from '../../platform/durations.js';
import type { Random } from '../../platform/random.js';
import { apiKeyFingerprint, type Fingerprints } from '../../secrets/fingerprints.js';
import type { Collection } from '../../store/documents.js';
import type { StoredKey, StoredRotation, StoredSecret } from './stored.js';

/** A repeated request returns the same secret for this long. */
const REPEATABLE_MS = DAY_MS;

/** What a rotation asks for. */
export interface RotationRequest {
  readonly overlapMs: number;
  readonly requestId: string;
  /** The whole request but its id, in one canonical form. */
  readonly canonical: string;
}

interface Deps {
  readonly keys: Collection<StoredKey>;
  readonly fingerprints: Fingerprints;
  readonly forget: (_id: string) => void;
  readonly clock: Clock;
  readonly random: Random;
}

/** The fingerprint of the newest secret of a key. */
export const newestSecret = (key: StoredKey): string => key.secret ?? key._id;

/**
 * Gives a key a new secret. The key keeps its document; each later secret is a
 * document of its own that names the key, and works only while the key names it
 * too, so a crash between the two writes leaves nothing that works.
 */
export function createRotate({ keys, fingerprints, forget, clock, random }: Deps) {
  /** Made from a stored number and a secret key, so that a repeat finds it and no store holds it. */
  const secretOf = ({ workspace, mode, id }: StoredKey, { nonce }: Pick<StoredRotation, 'nonce'>): string =>
    `sk_otp_${mode}_${fingerprints.subject(workspace, `api key ${id} ${nonce}`)}`;

  function repeated(key: StoredKey, { requestId, canonical }: RotationRequest): string | undefined {
    const { rotation, workspace } = key;
    if (!requestId || rotation?.requestId !== fingerprints.subject(workspace, requestId)) return undefined;
    if (clock.now() - rotation.at.getTime() >= REPEATABLE_MS) return undefined;
    const secret = secretOf(key, rotation);
    const same = fingerprints.isSameRequest(workspace, canonical, rotation.request);
    if (!same || apiKeyFingerprint(secret) !== newestSecret(key)) throw new Failure('IDEMPOTENCY_CONFLICT');
    return secret;
  }

  return async (_id: string, request: RotationRequest): Promise<{ key: StoredKey; secret: string }> => {
    for (;;) {
      const key = await keys.findOne({ _id });
      if (!key || key.revokedAt) throw new Failure('NOT_FOUND');
      const earlier = repeated(key, request);
      if (earlier !== undefined) return { key, secret: earlier };
      const now = clock.now();
      const nonce = random.bytes(16).toString('base64url');
      const secret = secretOf(key, { nonce });
      const fingerprint = apiKeyFingerprint(secret);
      await (keys as unknown as Collection<StoredSecret>).insertOne({
        _id: fingerprint,
        keyId: key.id,
      });
      const after = await keys.findOneAndUpdate(
        { _id, secret: key.secret ?? null, revokedAt: null },
        {
          $set: {
            secret: fingerprint,
            oldSecret: { id: newestSecret(key), until: new Date(now + request.overlapMs) },
            rotation: {
              nonce,
              at: new Date(now),
              ...(request.requestId && {
                requestId: fingerprints.subject(key.workspace, request.requestId),
              }),
              request: fingerprints.request(key.workspace, request.canonical),
            },
          },
        },
      );
      const gone = after ? key.oldSecret?.id : fingerprint;
      if (gone !== undefined && gone !== _id) await keys.deleteOne({ _id: gone });
      for (const id of [_id, newestSecret(key), gone]) if (id !== undefined) forget(id);
      if (after) return { key: after, secret };
    }
  };
}
