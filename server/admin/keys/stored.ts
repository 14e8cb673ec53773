import type { Mode } from '../../domain/mode.js';
import type { Scope } from '../../domain/principal.js';
import type { Document } from '../../store/documents.js';

/** A stored API key, `_id` = SHA-256 of its first secret. A secret is shown once and kept nowhere. */
export interface StoredKey extends Document {
  /** Public id: the OAuth client id, the client in logs and limits. */
  readonly id: string;
  readonly workspace: string;
  /** workspace/id: `_id` says neither whose a key is nor how old. */
  readonly listedAs: string;
  readonly mode: Mode;
  readonly displayName: string;
  readonly scopes: readonly Scope[];
  /** Methods that change something are refused. */
  readonly readOnly?: boolean;
  readonly createdAt: Date;
  /** The key by which it was made. */
  readonly createdBy?: string;
  readonly expiresAt?: Date;
  readonly revokedAt?: Date;
  /** To the hour: a write per call would cost more than it is worth. */
  readonly lastUsedAt?: Date;
  readonly purgeAt?: Date;
  /** SHA-256 of the newest secret, once that is not the first one. */
  readonly secret?: string;
  /** SHA-256 of the secret before that, and until when it works. */
  readonly oldSecret?: { readonly id: string; readonly until: Date };
  /** The latest rotation. */
  readonly rotation?: StoredRotation;
}

/** What a repeated rotation is recognised by, and what its secret is made from. */
export interface StoredRotation {
  readonly nonce: string;
  readonly at: Date;
  readonly requestId?: string;
  readonly request: string;
}

/** A secret after a key's first, `_id` = its SHA-256. It works while the key names it. */
export interface StoredSecret extends Document {
  readonly keyId: string;
}
