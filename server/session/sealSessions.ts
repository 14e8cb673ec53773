import type { Encryption } from '../secrets/encryption.js';
import type { Fingerprints } from '../secrets/fingerprints.js';
import type { Place } from '../secrets/sealedFields.js';
import { workspaceOf } from '../store/documentId.js';
import type { Collection, Cursor, Document, Documents, Update } from '../store/documents.js';
import { metadataKeys } from './metadataKeys.js';
import type { StoredOperation, StoredSession, StoredTransaction } from './stored.js';

/**
 * A session as it lies in the store. The metadata that release 0.1 reads is
 * empty where it is sealed; what an earlier release stored in clear is read as it is.
 */
type SealedSession = Omit<StoredSession, 'operation' | 'token'> & {
  readonly sealedMetadata?: string;
  readonly metadataKeys?: readonly string[];
  readonly operation?: SealedOperation;
  readonly token?: Omit<NonNullable<StoredSession['token']>, 'redeemedFor'> & {
    readonly redeemedFor?: SealedOperation;
  };
};

type SealedOperation = Omit<StoredOperation, 'transaction'> & { readonly transaction?: SealedTransaction };

/** Payee and account as one sealed text; a transaction in clear has them itself. */
type SealedTransaction =
  | (Pick<StoredTransaction, 'amount' | 'currency'> & { readonly sealed: string })
  | StoredTransaction;

const EMPTY = '{}';

/** What the open key ring gives. */
export interface SealingKeys {
  readonly encryption: Encryption;
  readonly fingerprints: Pick<Fingerprints, 'metadata'>;
}

/**
 * The same documents, of which sessions hold metadata, payees and accounts sealed
 * in the store and in clear outside it. Metadata is opened when it is first read:
 * most of those who read a session do not want it.
 */
export function sealSessions(documents: Documents, keys: () => SealingKeys): Documents {
  const collection = <D extends Document>(name: string): Collection<D> => {
    const plain = documents.collection<D>(name);
    return name === 'sessions' ? (sealing(plain as never, keys) as never) : plain;
  };
  return { collection, ping: () => documents.ping(), close: () => documents.close() };
}

function sealing(stored: Collection<SealedSession>, keys: () => SealingKeys): Collection<StoredSession> {
  const encryption = () => keys().encryption;
  const placeOf = (id: string, field: string): Place => ({ collection: 'sessions', id, field });

  function sealOperation(id: string, field: string, operation: StoredOperation): SealedOperation {
    const { transaction, ...rest } = operation;
    if (!transaction) return operation;
    const { amount, currency, payee, account } = transaction;
    const text = JSON.stringify({ payee, account });
    const sealed = encryption().seal(placeOf(id, `${field}.transaction`), text);
    return { ...rest, transaction: { amount, currency, sealed } };
  }

  function openOperation(id: string, field: string, operation: SealedOperation): StoredOperation {
    const { transaction, ...rest } = operation;
    // In clear: there is none, or an earlier build stored it.
    if (!transaction || !('sealed' in transaction)) return operation as StoredOperation;
    const { sealed, ...shown } = transaction;
    const text = encryption().open(placeOf(id, `${field}.transaction`), sealed);
    return {
      ...rest,
      transaction: { ...shown, ...(JSON.parse(text) as Pick<StoredTransaction, 'payee' | 'account'>) },
    };
  }

  function seal({ metadata, operation, ...session }: StoredSession): SealedSession {
    const { _id } = session;
    const isEmpty = metadata === EMPTY;
    const hashes = isEmpty ? [] : metadataKeys(keys().fingerprints, workspaceOf(session), metadata);
    return {
      ...session,
      metadata: EMPTY,
      ...(!isEmpty && { sealedMetadata: encryption().seal(placeOf(_id, 'metadata'), metadata) }),
      ...(hashes.length > 0 && { metadataKeys: hashes }),
      ...(operation && { operation: sealOperation(_id, 'operation', operation) }),
    };
  }

  function open(session: SealedSession): StoredSession {
    const { _id, operation, token, sealedMetadata } = session;
    const isSealed =
      sealedMetadata !== undefined || operation?.transaction || token?.redeemedFor?.transaction;
    if (!isSealed) return session as StoredSession;
    const { sealedMetadata: _sealed, metadataKeys: _hashed, ...rest } = session;
    const opened = {
      ...rest,
      ...(operation && { operation: openOperation(_id, 'operation', operation) }),
      ...(token && {
        token: {
          ...token,
          ...(token.redeemedFor && { redeemedFor: openOperation(_id, REDEEMED_FOR, token.redeemedFor) }),
        },
      }),
    } as StoredSession;
    if (sealedMetadata === undefined) return opened;
    return withLazy(opened, () => encryption().open(placeOf(_id, 'metadata'), sealedMetadata));
  }

  /** Metadata and the operation never change; what a token was redeemed for is set once. */
  function sealUpdate(id: string, update: Update): Update {
    const redeemedFor = update.$set?.[REDEEMED_FOR] as StoredOperation | undefined;
    if (!redeemedFor?.transaction) return update;
    const $set = { ...update.$set, [REDEEMED_FOR]: sealOperation(id, REDEEMED_FOR, redeemedFor) };
    return { ...update, $set };
  }

  return {
    insertOne: (session) => stored.insertOne(seal(session)),
    async findOne(filter) {
      const found = await stored.findOne(filter);
      return found && open(found);
    },
    async findOneAndUpdate(filter, update, seen) {
      // What is worked out from an opened session is open already; opening it again changes nothing.
      const changed = await stored.findOneAndUpdate(filter, sealUpdate(filter._id, update), seen);
      return changed && open(changed);
    },
    updateOne: (filter, update) => stored.updateOne(filter, sealUpdate(filter._id, update)),
    find: (filter, options) => openCursor(stored.find(filter, options), open),
    deleteOne: (filter) => stored.deleteOne(filter),
    deleteMany: (filter) => stored.deleteMany(filter),
  };
}

const REDEEMED_FOR = 'token.redeemedFor';

function openCursor(
  cursor: Cursor<SealedSession>,
  open: (session: SealedSession) => StoredSession,
): Cursor<StoredSession> {
  return {
    async *[Symbol.asyncIterator]() {
      for await (const session of cursor) yield open(session);
    },
    toArray: async () => (await cursor.toArray()).map(open),
  };
}

/** The session with metadata that is computed when it is first read, or copied. */
function withLazy(session: StoredSession, read: () => string): StoredSession {
  let text: string | undefined;
  return Object.defineProperty(session, 'metadata', {
    enumerable: true,
    configurable: true,
    get: () => {
      text ??= read();
      return text;
    },
  });
}
