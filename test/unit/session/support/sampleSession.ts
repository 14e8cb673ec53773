import type { ChannelName } from '../../../../server/domain/channels.js';
import type { Change } from '../../../../server/session/change.js';
import { update } from '../../../../server/session/change.js';
import { queueMessage } from '../../../../server/session/messages.js';
import type { StoredSession } from '../../../../server/session/stored.js';
import { open, type SessionOptions } from '../../../../server/session/transitions/open.js';
import { applyUpdate } from '../../../../server/store/applyUpdate.js';

export const NOW = Date.UTC(2030, 0, 15, 12);
export const LIFETIME_MS = 300_000;

const OPTIONS: SessionOptions = {
  purpose: 'LOGIN',
  locale: 'en',
  strategy: 'ALL',
  required: [],
  fallback: [],
  codeLength: 6,
  lifetimeMs: LIFETIME_MS,
  maxAttempts: 3,
  retentionDays: 30,
  metadata: '{}',
  addContact: false,
};

/** A live session that was opened at NOW, paid for, with a subscriber to its events. */
export function sampleSession(
  channels: readonly ChannelName[] = ['email', 'sms'],
  options: Partial<SessionOptions> = {},
): StoredSession {
  return open(
    {
      owner: { _id: 'acme/1', partition: 'acme.live', mode: 'live', client: 'key', notify: true },
      options: { ...OPTIONS, ...options },
      channels: new Map(
        channels.map((name) => [
          name,
          {
            address: `sealed ${name}`,
            masked: `masked ${name}`,
            recipient: `recipient ${name}`,
            codeHash: `hash ${name} 1`,
            delivery: queueMessage(`sealed code ${name}`, 1, NOW),
          },
        ]),
      ),
      debit: { id: 'debit', charges: Object.fromEntries(channels.map((name) => [name, 50])) },
    },
    NOW,
  );
}

/** The session as a store would hold it after the change. */
export function changed(seen: StoredSession, change: Change): StoredSession {
  const after = structuredClone(seen);
  applyUpdate(after, update(seen, change));
  return after;
}

/** Types of the events a session has, in order. */
export const eventTypes = ({ events }: StoredSession): string[] => events.map(({ type }) => type);
