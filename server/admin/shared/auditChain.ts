import { hash } from 'node:crypto';
import { Failure } from '../../errors.js';
import type { Clock } from '../../platform/clock.js';
import { DAY_MS, MINUTE_MS } from '../../platform/durations.js';
import { below } from '../../store/documentId.js';
import type { Collection, Document, Documents, Filter } from '../../store/documents.js';
import { insertOnce } from '../../store/insertOnce.js';

/** A recorded call. Holds names of fields and resources, never their values. */
export interface AuditEvent {
  readonly id: string;
  /** When the call began. */
  readonly at: Date;
  readonly actor: string;
  readonly method: string;
  readonly peer: string;
  readonly fields: readonly string[];
  readonly resource: string;
  readonly outcome: string;
  /** A read of personal data. */
  readonly read: boolean;
}

/** An event as it is chained, `_id` = workspace/~sequence, which sorts after the entries of release 0.1. */
export interface StoredAuditEntry extends Document, AuditEvent {
  readonly appendedAt: Date;
  /** From 1, without a gap. */
  readonly sequence: number;
  /** Empty for the first. */
  readonly previousHash: string;
  /** When the entry before was appended: until when it must be there. */
  readonly previousAt?: Date;
  readonly hash: string;
  /** Hash of the salt and the fingerprint of the recipient that the call was about. */
  readonly person?: string;
  /** What `person` is made of. Erasing both leaves the chain whole. */
  readonly fingerprint?: string;
  readonly salt?: string;
  /** By which the entries of all workspaces are listed. */
  readonly order: string;
  readonly purgeAt: Date;
}

/** A call that has begun, `_id` = workspace/uuid. */
interface StoredStart extends Document, AuditEvent {
  readonly purgeAt: Date;
}

/** The chain of entries of each workspace. */
export interface AuditChain {
  /** Stores that a call begins. */
  begin(workspace: string, event: AuditEvent): Promise<void>;
  /** Chains the event, which has ended. */
  append(workspace: string, event: AuditEvent): Promise<void>;
  /** Chains calls whose end was never stored; of all workspaces where none is named. */
  appendUnended(workspace?: string): Promise<void>;
  /** Removes what leads to a person; `fingerprints`: all under which the person is known in the workspace. Returns from how many entries. */
  forget(workspace: string, fingerprints: readonly string[]): Promise<number>;
}

/** Entries are kept this long. */
export const AUDIT_KEPT_MS = 400 * DAY_MS;
/** A call without an end by then is one that a crash cut off. */
const LONGEST_CALL_MS = 10 * MINUTE_MS;
/** How often another process may append first. */
const ROUNDS = 100;
const DIGITS = 15;

/** Resources whose last part is the fingerprint of a recipient. */
const PERSON = /^(recipients|recipientBlocks|contacts)\/(.+)$/;

interface Deps {
  readonly documents: Documents;
  /** Unguessable: a hash with it reveals nothing about what was hashed. */
  readonly newSalt: () => string;
  readonly clock: Clock;
}

export function createAuditChain({ documents, newSalt, clock }: Deps): AuditChain {
  const entries: Collection<StoredAuditEntry> = documents.collection('audit');
  const starts: Collection<StoredStart> = documents.collection('auditStarts');
  /** The appends of this process to one workspace, one after another. */
  const turns = new Map<string, Promise<unknown>>();

  async function inTurn<T>(workspace: string, task: () => Promise<T>): Promise<T> {
    const turn = (turns.get(workspace) ?? Promise.resolve()).then(task, task);
    turns.set(workspace, turn);
    try {
      return await turn;
    } finally {
      if (turns.get(workspace) === turn) turns.delete(workspace);
    }
  }

  async function lastOf(workspace: string): Promise<StoredAuditEntry | undefined> {
    const [last] = await entries.find(chainOf(workspace), { sort: { _id: -1 }, limit: 1 }).toArray();
    return last;
  }

  async function link(workspace: string, event: AuditEvent): Promise<void> {
    const [, kind, fingerprint] = PERSON.exec(event.resource) ?? [];
    const about = fingerprint === undefined ? undefined : { fingerprint, salt: newSalt() };
    for (let round = 0; round < ROUNDS; round++) {
      const last = await lastOf(workspace);
      const entry = linked(workspace, last, {
        ...event,
        resource: kind ?? event.resource,
        appendedAt: new Date(clock.now()),
        ...(about && { ...about, person: personHash(about) }),
      });
      if (await insertOnce(entries, entry)) return;
    }
    throw new Failure('STORE_UNAVAILABLE');
  }

  return {
    begin: (workspace, event) =>
      starts.insertOne({ ...event, _id: `${workspace}/${event.id}`, purgeAt: purgeAtOf(event.at) }),
    async append(workspace, event) {
      await inTurn(workspace, () => link(workspace, event));
      await starts.deleteOne({ _id: `${workspace}/${event.id}` });
    },
    async appendUnended(workspace) {
      const before = new Date(clock.now() - LONGEST_CALL_MS);
      const range: Filter = workspace === undefined ? {} : { _id: below(workspace) };
      for await (const { _id, purgeAt: _kept, ...event } of starts.find({ ...range, at: { $lt: before } })) {
        const { workspaceName, wasEnded } = await endOf(_id, event.id);
        if (!wasEnded) await inTurn(workspaceName, () => link(workspaceName, event));
        await starts.deleteOne({ _id });
      }
    },
    async forget(workspace, fingerprints) {
      let forgotten = 0;
      for (const fingerprint of fingerprints) {
        const about = entries.find({ ...chainOf(workspace), fingerprint });
        for await (const { _id } of about) {
          await entries.findOneAndUpdate({ _id }, { $unset: { fingerprint: '', salt: '' } });
          forgotten++;
        }
      }
      return forgotten;
    },
  };

  async function endOf(startId: string, id: string) {
    const workspaceName = startId.slice(0, startId.indexOf('/'));
    const ended = await entries.findOne({ id });
    return { workspaceName, wasEnded: ended !== null };
  }
}

/** The chained entries of a workspace. "~" sorts after every UUID, and "0" is the character after "/". */
export const chainOf = (workspace: string, after = 0): Filter => ({
  _id: { $gt: entryId(workspace, after), $lt: `${workspace}0` },
});

const entryId = (workspace: string, sequence: number): string =>
  `${workspace}/~${String(sequence).padStart(DIGITS, '0')}`;

const purgeAtOf = (at: Date): Date => new Date(at.getTime() + AUDIT_KEPT_MS);

const personHash = ({ salt, fingerprint }: { readonly salt: string; readonly fingerprint: string }): string =>
  hash('sha256', JSON.stringify([salt, fingerprint]));

/** What an entry takes from the one before it. */
type LastEntry = Pick<StoredAuditEntry, 'sequence' | 'hash' | 'appendedAt'>;

type Content = AuditEvent &
  Pick<StoredAuditEntry, 'appendedAt'> &
  Partial<Pick<StoredAuditEntry, 'person' | 'fingerprint' | 'salt'>>;

/** The event as the entry after `last`. */
export function linked(workspace: string, last: LastEntry | undefined, content: Content): StoredAuditEntry {
  const sequence = (last?.sequence ?? 0) + 1;
  const previousHash = last?.hash ?? '';
  const { id, at, actor, method, peer, fields, resource, outcome, read, appendedAt, person } = content;
  const hashed = [
    previousHash,
    last?.appendedAt.toISOString() ?? '',
    workspace,
    sequence,
    appendedAt.toISOString(),
    id,
    at.toISOString(),
    actor,
    method,
    peer,
    fields,
    resource,
    outcome,
    read,
    person ?? '',
  ];
  return {
    ...content,
    _id: entryId(workspace, sequence),
    sequence,
    previousHash,
    ...(last && { previousAt: last.appendedAt }),
    hash: hash('sha256', JSON.stringify(hashed)),
    order: `${appendedAt.toISOString()}/${workspace}/${String(sequence).padStart(DIGITS, '0')}`,
    purgeAt: purgeAtOf(appendedAt),
  };
}

/**
 * Whether a stored entry is what was chained after `last`. The first entry that is
 * still kept is taken at its word about the one before it, as long as that one's
 * time has passed.
 */
export function fits(
  workspace: string,
  last: LastEntry | undefined,
  stored: { readonly entry: StoredAuditEntry; readonly now: number },
): boolean {
  try {
    return isNext(workspace, last, stored);
  } catch {
    // A value of another type than was stored.
    return false;
  }
}

function isNext(
  workspace: string,
  last: LastEntry | undefined,
  { entry, now }: { readonly entry: StoredAuditEntry; readonly now: number },
): boolean {
  const { sequence, previousHash, previousAt, person, fingerprint, salt } = entry;
  if (!last && sequence > 1 && (!previousAt || purgeAtOf(previousAt).getTime() > now)) return false;
  const before =
    last ?? (previousAt && { sequence: sequence - 1, hash: previousHash, appendedAt: previousAt });
  const isErased = fingerprint === undefined && salt === undefined;
  if (!isErased && (!fingerprint || !salt || personHash({ fingerprint, salt }) !== person)) return false;
  const { id, at, actor, method, peer, fields, resource, outcome, read, appendedAt } = entry;
  const content = { id, at, actor, method, peer, fields, resource, outcome, read, appendedAt };
  const expected = linked(workspace, before, {
    ...content,
    ...(person !== undefined && { person }),
    ...(!isErased && { fingerprint: fingerprint!, salt: salt! }),
  });
  return canonical(expected) === canonical(entry);
}

/** The same text for the same document, in any order of its fields. */
const canonical = (entry: StoredAuditEntry): string =>
  JSON.stringify(Object.entries(entry).sort(([one], [other]) => (one < other ? -1 : 1)));
