import { createHmac, hash, timingSafeEqual } from 'node:crypto';
import type { Key, KeySet } from './keyring/keySet.js';
import { lengthPrefixed } from './lengthPrefixed.js';

/** Keyed fingerprints, by which things are found again without being kept. Nothing can be read from one. */
export interface Fingerprints {
  /**
   * The fingerprint under which a recipient is stored and counted, 43 characters
   * of base64url. `recipient` is the normalised address (E.164 or e-mail), the
   * same for every channel; another workspace's fingerprint of it differs.
   */
  recipient(workspace: string, recipient: string): string;
  /** Every fingerprint the recipient may be stored under, newest first; more than one after the index key was rotated. */
  recipientCandidates(workspace: string, recipient: string): readonly string[];
  /** The fingerprint under which anything else about a person is counted, such as an address or a user id. */
  subject(workspace: string, who: string): string;
  /** The fingerprint of a top-level value of metadata. */
  metadata(workspace: string, name: string, value: string): string;
  /** Every fingerprint the value may be stored under. */
  metadataCandidates(workspace: string, name: string, value: string): readonly string[];
  /** The fingerprint of a request, to be stored with its request id. */
  request(workspace: string, request: string): string;
  /** Whether a stored fingerprint is that of this request. */
  isSameRequest(workspace: string, request: string, fingerprint: string): boolean;
}

/** Fingerprints with the `index` keys. */
export function createFingerprints(keys: KeySet): Fingerprints {
  return {
    recipient: (workspace, recipient) => mac(keys.current(), 'recipient', workspace, recipient),
    recipientCandidates: (workspace, recipient) =>
      keys.all().map((key) => mac(key, 'recipient', workspace, recipient)),
    subject: (workspace, who) => mac(keys.current(), 'subject', workspace, who),
    metadata: (workspace, name, value) =>
      mac(keys.current(), 'metadata', workspace, lengthPrefixed(name, value)),
    metadataCandidates: (workspace, name, value) =>
      keys.all().map((key) => mac(key, 'metadata', workspace, lengthPrefixed(name, value))),
    request(workspace, request) {
      const key = keys.current();
      return `${key.id}.${mac(key, 'request', workspace, request)}`;
    },
    isSameRequest(workspace, request, fingerprint) {
      const key = keys.find(fingerprint.slice(0, fingerprint.indexOf('.')));
      if (!key) return false;
      const expected = Buffer.from(`${key.id}.${mac(key, 'request', workspace, request)}`);
      const given = Buffer.from(fingerprint);
      return given.length === expected.length && timingSafeEqual(given, expected);
    },
  };
}

/** `kind` keeps a fingerprint of one thing from ever being that of another. */
const mac = (key: Key, kind: string, workspace: string, text: string): string =>
  createHmac('sha256', key.secret)
    .update(lengthPrefixed(kind, workspace, text))
    .digest('base64url');

/**
 * The `_id` under which an API key is stored: its SHA-256 in base64url. Not
 * keyed and not slow, because an API key is 32 or more random characters.
 */
export const apiKeyFingerprint = (apiKey: string): string => hash('sha256', apiKey, 'base64url');
