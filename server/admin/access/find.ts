import type { MessageInitShape } from '@bufbuild/protobuf';
import { type FindResultSchema, FindResultType } from '../../../gen/otp/admin/v1/access_service_pb.js';
import { crockfordToId, parseId } from '../../domain/ids.js';
import type { Mode } from '../../domain/mode.js';
import { partitionOf, type Scope } from '../../domain/principal.js';
import { type Recipient, readRecipient } from '../../domain/recipients.js';
import { claimId } from '../../otp/idempotency/claims.js';
import type { Fingerprints } from '../../secrets/fingerprints.js';
import { channelsOf } from '../../session/status.js';
import type { StoredSession } from '../../session/stored.js';
import { below, idOf, workspaceOf } from '../../store/documentId.js';
import type { Collection, Document, Documents } from '../../store/documents.js';
import type { StoredEvent } from '../../webhooks/stored.js';
import type { StoredKey } from '../keys/stored.js';
import { modeEnum } from '../shared/mode.js';

/** Results of one search. */
const MOST = 10;
/** API keys of a workspace whose request ids are looked at. */
const MOST_KEYS = 200;

/** A verification token, or at least the part of it that names its session. */
const TOKEN = /^otvt_([0-7][0-9A-HJKMNP-TV-Z]{25})/;
const FINGERPRINT = /^[\w-]{43}$/;

type Result = MessageInitShape<typeof FindResultSchema>;

/** Where it is searched, and what the caller may see of it. */
export interface FindIn {
  readonly workspaces: readonly string[];
  readonly mode: Mode;
  /** Sandbox sessions too, which live keys see. */
  readonly isAnyMode: boolean;
  readonly may: (...scopes: readonly Scope[]) => boolean;
}

interface Deps {
  readonly documents: Documents;
  readonly fingerprints: Fingerprints;
}

/** The recipient that a text is, where it is an address. */
export const addressIn = (text: string): Recipient | undefined =>
  readRecipient('email', text) ?? readRecipient('sms', text);

/** Finds what an id, an address or a token refers to. */
export function createFinder({ documents, fingerprints }: Deps) {
  const sessions: Collection<StoredSession> = documents.collection('sessions');
  const events: Collection<StoredEvent> = documents.collection('events');
  const keys: Collection<StoredKey> = documents.collection('keys');
  const claims: Collection<Document & { readonly session: string }> = documents.collection('idempotency');

  async function sessionsById(id: string, { workspaces, mode, isAnyMode, may }: FindIn): Promise<Result[]> {
    if (!may('sessions.read', 'support', 'admin', 'operator')) return [];
    const found = await sessions.find({ _id: { $in: workspaces.map((name) => `${name}/${id}`) } }).toArray();
    return found.filter((session) => isAnyMode || session.mode === mode).map(sessionResult);
  }

  /** Recipients that are known, by their sessions. */
  async function recipients(names: ReadonlyMap<string, string>, { mode, may }: FindIn): Promise<Result[]> {
    if (!may('support', 'analyst', 'admin', 'operator')) return [];
    const results = new Map<string, Result>();
    const theirs = sessions.find({ recipients: { $in: [...names.keys()] } }, { sort: { _id: -1 } });
    for await (const session of theirs) {
      const workspace = workspaceOf(session);
      for (const [, { recipient, masked }] of channelsOf(session)) {
        if (session.mode !== mode || names.get(recipient) !== workspace || results.has(recipient)) continue;
        results.set(recipient, recipientResult(recipient, { masked, workspace, mode }));
      }
      if (results.size === MOST) break;
    }
    return [...results.values()];
  }

  async function byAddress(address: Recipient, within: FindIn): Promise<Result[]> {
    const { workspaces, mode, may } = within;
    const names = new Map(
      workspaces.flatMap((name) =>
        fingerprints.recipientCandidates(name, address.identity).map((one) => [one, name] as const),
      ),
    );
    const known = await recipients(names, within);
    const [only] = workspaces;
    // One that is not known yet has a page, too: that nothing was asked for is what the page says.
    if (known.length > 0 || workspaces.length !== 1 || !only) return known;
    if (!may('support', 'analyst', 'admin', 'operator')) return [];
    const fingerprint = fingerprints.recipient(only, address.identity);
    return [recipientResult(fingerprint, { masked: address.masked, workspace: only, mode })];
  }

  async function byFingerprint(fingerprint: string, within: FindIn): Promise<Result[]> {
    const found = await Promise.all(
      within.workspaces.map((name) => recipients(new Map([[fingerprint, name]]), within)),
    );
    return found.flat();
  }

  async function eventsById(id: string, { workspaces, mode, may }: FindIn): Promise<Result[]> {
    if (!may('webhooks', 'admin', 'operator')) return [];
    const ids = workspaces.map((workspace) => `${partitionOf({ workspace, mode })}/${id}`);
    const found = await events.find({ _id: { $in: ids } }).toArray();
    return found.map((event) => ({
      type: FindResultType.WEBHOOK_EVENT,
      id: idOf(event),
      label: event.type,
      workspace: workspaces[ids.indexOf(event._id)]!,
      mode: modeEnum(mode),
    }));
  }

  async function keysById(id: string, { workspaces, may }: FindIn): Promise<Result[]> {
    if (!may('admin', 'operator')) return [];
    const key = await keys.findOne({ id });
    if (!key || !workspaces.includes(key.workspace)) return [];
    const { workspace, mode, displayName } = key;
    return [{ type: FindResultType.API_KEY, id, label: displayName, workspace, mode: modeEnum(mode) }];
  }

  /** Request ids of the last day, which are remembered by the key that used them. */
  async function byRequestId(requestId: string, within: FindIn): Promise<Result[]> {
    const { workspaces, mode } = within;
    const [workspace, ...others] = workspaces;
    if (workspace === undefined || others.length > 0) return [];
    const range = below(workspace);
    const clients = await keys
      .find({ listedAs: range }, { sort: { listedAs: -1 }, limit: MOST_KEYS })
      .toArray();
    const ids = clients.map(({ id }) =>
      claimId({ scope: `${partitionOf({ workspace, mode })}/${id}/Send`, requestId }),
    );
    const found = await claims.find({ _id: { $in: ids } }).toArray();
    const results = await Promise.all(found.map(({ session }) => sessionsById(session, within)));
    return results.flat();
  }

  return async (text: string, within: FindIn): Promise<readonly Result[]> => {
    const address = addressIn(text);
    if (address) return byAddress(address, within);
    const [, crockford] = TOKEN.exec(text) ?? [];
    const id = crockford ? crockfordToId(crockford) : parseId(text);
    const found = id
      ? await Promise.all([
          sessionsById(id, within),
          ...(crockford ? [] : [eventsById(id, within), keysById(id, within)]),
        ])
      : FINGERPRINT.test(text)
        ? [await byFingerprint(text, within)]
        : [];
    const results = found.flat();
    return (results.length > 0 ? results : await byRequestId(text, within)).slice(0, MOST);
  };
}

const sessionResult = (session: StoredSession): Result => ({
  type: FindResultType.SESSION,
  id: idOf(session),
  label: channelsOf(session)
    .map(([, { masked }]) => masked)
    .join(', '),
  workspace: workspaceOf(session),
  mode: modeEnum(session.mode),
});

const recipientResult = (
  fingerprint: string,
  { masked, workspace, mode }: { readonly masked: string; readonly workspace: string; readonly mode: Mode },
): Result => ({
  type: FindResultType.RECIPIENT,
  id: fingerprint,
  label: masked,
  workspace,
  mode: modeEnum(mode),
});
