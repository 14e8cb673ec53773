import type { Clock } from '../clock.js';
import { DEFAULT_LOCALE } from '../delivery/defaultTemplates.js';
import type { RuleOverrides } from '../limits/rules.js';
import type { Collection, Document, Documents } from '../store/documents.js';

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
  /** Changed limits on traffic. */
  readonly limits: RuleOverrides;
}

/** The workspace that exists from the first start. */
export const DEFAULT_WORKSPACE = 'default';

/** Changes of settings reach every process within this time. */
const FRESH_MS = 5_000;

/** Reads workspaces, remembering each for a few seconds. */
export interface Workspaces {
  get(name: string): Promise<Workspace>;
  exists(name: string): Promise<boolean>;
}

export function createWorkspaces(documents: Documents, clock: Clock): Workspaces {
  const stored: Collection<Workspace> = documents.collection('workspaces');
  const known = new Map<string, { readonly workspace: Workspace; readonly until: number }>();
  return {
    async get(name) {
      const now = clock.now();
      const entry = known.get(name);
      if (entry && entry.until > now) return entry.workspace;
      const workspace = (await stored.findOne({ _id: name })) ?? fresh(name);
      known.set(name, { workspace, until: now + FRESH_MS });
      return workspace;
    },
    exists: async (name) => (await stored.findOne({ _id: name })) !== null,
  };
}

/** A workspace nobody has configured. */
export const fresh = (name: string): Workspace => ({
  _id: name,
  brand: 'Countersign',
  locale: DEFAULT_LOCALE,
  allowedOrigins: [],
  longLifetime: false,
  limits: {},
});
