import { DEFAULT_LOCALE } from '../../delivery/defaultTemplates.js';
import type { RouteNames } from '../../delivery/providerOrder.js';
import type { RuleOverrides } from '../../limits/rules.js';
import type { Clock } from '../../platform/clock.js';
import { SESSION_LIMITS } from '../../session/limits.js';
import type { Collection, Document, Documents } from '../../store/documents.js';
import { createTtlCache } from '../../store/ttlCache.js';

/** A tenant and its settings, `_id` = its name. */
export interface Workspace extends Document {
  /** What messages call the product. */
  readonly brand: string;
  /** Language of messages when Send names none. */
  readonly locale: string;
  /** Host for the WebOTP line of text messages, such as "login.example.com". */
  readonly webHost?: string;
  /** Browser origins that may call with a session token; empty: any. */
  readonly allowedOrigins: readonly string[];
  /** Lifetimes above ten minutes are allowed. */
  readonly longLifetime: boolean;
  /** The messaging API reuses an open session within the resend cooldown. */
  readonly messagingReuse: boolean;
  /** Providers by channel, in the order in which they are tried; a channel left out: all of them, in the service's own order. */
  readonly routes: RouteNames;
  /** Days a session stays readable once it has ended. */
  readonly retentionDays: number;
  /** Changed limits on traffic. */
  readonly limits: RuleOverrides;
  readonly createdAt?: Date;
  /** Since when every credential of it is refused. */
  readonly deletedAt?: Date;
}

/** The workspace that exists from the first start. */
export const DEFAULT_WORKSPACE = 'default';

/** Reads workspaces, remembering each for a few seconds. */
export interface Workspaces {
  /** The workspace as it is or was at most five seconds ago, deleted or not; one nobody has made has the defaults. */
  get(name: string): Promise<Workspace>;
  /** Whether there is one that is not deleted; asks the store. */
  exists(name: string): Promise<boolean>;
  /** Reads the workspace anew the next time. */
  forget(name: string): void;
}

export function createWorkspaces(documents: Documents, clock: Clock): Workspaces {
  const stored: Collection<Workspace> = documents.collection('workspaces');
  const read = async (name: string): Promise<Workspace> => ({
    ...fresh(name),
    ...(await stored.findOne({ _id: name })),
  });
  return {
    ...createTtlCache(read, clock),
    exists: async (name) => (await stored.findOne({ _id: name, deletedAt: null })) !== null,
  };
}

/** A workspace nobody has configured. */
export const fresh = (name: string): Workspace => ({
  _id: name,
  brand: 'Countersign',
  locale: DEFAULT_LOCALE,
  allowedOrigins: [],
  longLifetime: false,
  messagingReuse: false,
  routes: {},
  retentionDays: SESSION_LIMITS.retentionDays.default,
  limits: {},
});
