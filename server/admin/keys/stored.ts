import type { Mode } from '../../domain/mode.js';
import type { Scope } from '../../domain/principal.js';
import type { Document } from '../../store/documents.js';

/** A stored API key, `_id` = SHA-256 of the key. The key itself is shown once and kept nowhere. */
export interface StoredKey extends Document {
  /** Public id: the OAuth client id, the client in logs and limits. */
  readonly id: string;
  readonly workspace: string;
  /** workspace/id: `_id` says neither whose a key is nor how old. */
  readonly listedAs: string;
  readonly mode: Mode;
  readonly displayName: string;
  readonly scopes: readonly Scope[];
  readonly createdAt: Date;
  readonly expiresAt?: Date;
  readonly revokedAt?: Date;
  /** To the hour: a write per call would cost more than it is worth. */
  readonly lastUsedAt?: Date;
  readonly purgeAt?: Date;
}
