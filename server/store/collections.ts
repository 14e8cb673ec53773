/** One field of an index. `array` fields index each element. */
export interface IndexField {
  readonly path: string;
  readonly kind: 'string' | 'date' | 'array';
  readonly direction?: 1 | -1;
}

/** A collection, its indexes and whether documents with a `purgeAt` in the past are removed. */
export interface CollectionSpec {
  readonly name: string;
  /**
   * Besides the one on `_id`: each is one field, alone or followed by `_id`,
   * those that many documents share declared first. A document that lacks the
   * field is not in the index; one that holds it with another type than
   * declared is refused.
   */
  readonly indexes: readonly (readonly IndexField[])[];
  readonly ttl: boolean;
}

const text = (path: string): IndexField => ({ path, kind: 'string' });
const date = (path: string): IndexField => ({ path, kind: 'date' });
const newestFirst: IndexField = { path: '_id', kind: 'string', direction: -1 };

/** Every collection of the service, declared once for both engines. */
export const COLLECTIONS: readonly CollectionSpec[] = [
  {
    name: 'sessions',
    indexes: [
      [text('partition'), newestFirst],
      [{ path: 'recipients', kind: 'array' }, newestFirst],
      [{ path: 'metadataKeys', kind: 'array' }, newestFirst],
      [{ path: 'vendorIds', kind: 'array' }],
      [date('changedAt')],
      [date('deliverAt')],
      [date('eventsAt')],
      [date('expireAt')],
      [date('eraseAt')],
      [text('deliverKey')],
      [text('eventsKey')],
      [text('satisfies')],
      [text('operationKey')],
    ],
    ttl: true,
  },
  { name: 'limits', indexes: [], ttl: true },
  { name: 'idempotency', indexes: [], ttl: true },
  { name: 'guards', indexes: [], ttl: false },
  { name: 'refusals', indexes: [], ttl: true },
  {
    name: 'refusalCounts',
    indexes: [[{ path: 'recipients', kind: 'array' }, newestFirst], [date('hour')]],
    ttl: true,
  },
  { name: 'recipientRules', indexes: [[text('listedAs')], [text('changedKey')]], ttl: true },
  { name: 'stats', indexes: [], ttl: true },
  { name: 'pages', indexes: [[text('workspace')]], ttl: true },
  { name: 'reuse', indexes: [], ttl: true },
  { name: 'inbox', indexes: [], ttl: true },
  { name: 'inboxChaos', indexes: [], ttl: false },
  { name: 'previews', indexes: [], ttl: true },
  {
    name: 'audit',
    indexes: [[text('id')], [text('order')], [text('fingerprint'), newestFirst]],
    ttl: true,
  },
  { name: 'auditStarts', indexes: [], ttl: true },
  { name: 'keys', indexes: [[text('id')], [text('listedAs')]], ttl: true },
  { name: 'workspaces', indexes: [[text('logoHash')]], ttl: false },
  { name: 'jobs', indexes: [[text('listedAs')], [date('dueAt')]], ttl: true },
  { name: 'senders', indexes: [], ttl: false },
  { name: 'templates', indexes: [], ttl: false },
  { name: 'providerAccounts', indexes: [], ttl: false },
  { name: 'contacts', indexes: [], ttl: false },
  { name: 'sponsors', indexes: [], ttl: false },
  { name: 'beneficiaries', indexes: [], ttl: false },
  { name: 'webhooks', indexes: [], ttl: false },
  { name: 'events', indexes: [], ttl: true },
  { name: 'webhookDeliveries', indexes: [[date('dueAt')], [text('dueKey')]], ttl: true },
  { name: 'wallets', indexes: [[date('sweepAt')]], ttl: false },
  { name: 'ledger', indexes: [[text('listedAs')], [text('unapplied')]], ttl: false },
  { name: 'keyring', indexes: [], ttl: false },
  { name: 'meta', indexes: [], ttl: false },
  { name: 'processes', indexes: [], ttl: true },
];
