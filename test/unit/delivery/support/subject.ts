import type { Message, Outcome, Provider } from '../../../../server/delivery/provider.js';
import type { ChannelName } from '../../../../server/domain/channels.js';
import type { ManualClock } from '../../../support/manualClock.js';
import type { ErrorRow } from './vendors/errorTables.js';
import type { Seen, Taken } from './vendors/vendorStub.js';

/** A provider, and the other end of its wire in the test's hands. */
export interface Bench {
  readonly provider: Provider;
  readonly taken: readonly Taken[];
  /** Requests, where it speaks HTTP. */
  readonly seen: readonly Seen[];
  /** The ids under which the other end took messages, oldest first. */
  readonly ids: readonly string[];
  /** What was not as documented about requests. */
  readonly complaints: readonly string[];
  /** Messages begun so far. */
  requests(): number;
  /** Connections, or requests where connections are shared, that are under way. */
  open(): number;
  /** By the name of a misbehaviour; undefined: no longer. */
  misbehave(how: string | undefined): void;
  /** With an error of the vendor; undefined: no longer. */
  refuse(error: ErrorRow | undefined): void;
  /** The other end goes away. */
  vanish(): Promise<void>;
  /** Everything is closed. */
  close(): Promise<void>;
}

/** A message at a limit of the vendor, and one beyond. */
export interface Limit {
  readonly what: string;
  readonly at: Partial<Message>;
  readonly beyond: Partial<Message>;
}

/** A provider as the conformance suite wants it. */
export interface Subject {
  readonly title: string;
  readonly channel: ChannelName;
  start(clock: ManualClock): Promise<Bench>;
  /** Everything that the other end can do wrong, and what must come of it. */
  readonly misbehaviours: readonly (readonly [how: string, outcome: Outcome])[];
  /** Those after which nothing comes any more. */
  readonly hanging: readonly string[];
  readonly limits: readonly Limit[];
  readonly errors: readonly ErrorRow[];
  /** What an error must not contain: credentials, and URLs of the API with them. */
  readonly secrets: readonly string[];
}

/** Of a code, an address and words that nothing else holds. */
export const CODE = '402917';
export const ADDRESSES: Readonly<Record<ChannelName, string>> = {
  email: 'person.of.the.test@example.com',
  sms: '+573015550142',
  whatsapp: '+573015550142',
};

/** A message that lives for another five minutes. */
export const messageTo = (channel: ChannelName, now = 0): Message => ({
  id: `acme/0190a1b2-c3d4-7e5f-8a9b-0c1d2e3f4a5b/${channel}/1`,
  channel,
  to: ADDRESSES[channel],
  ...(channel === 'email' && { subject: 'Your Acme code' }),
  text: `${CODE} is your Acme code.`,
  code: CODE,
  locale: 'es-CO',
  workspace: 'acme',
  sessionId: '0190a1b2-c3d4-7e5f-8a9b-0c1d2e3f4a5b',
  expiresAt: now + 300_000,
});

/** The outcome without what the vendor said, which has tests of its own. */
export function withoutVendor(outcome: Outcome): Outcome {
  if (outcome.kind === 'accepted') return outcome;
  const { vendor: _said, ...rest } = outcome;
  return rest;
}
