import { DEFAULT_LOCALE } from '../../delivery/defaultTemplates.js';
import type { RouteNames } from '../../delivery/providerOrder.js';
import type { RuleOverrides } from '../../limits/rules.js';
import type { AssuranceName } from '../../session/assurance.js';
import { SESSION_LIMITS } from '../../session/limits.js';
import type { Document } from '../../store/documents.js';

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
  /** URLs that verification pages may return to; a path admits those below it. */
  readonly returnUrls?: readonly string[];
  /** Origins whose pages may frame verification pages. */
  readonly embedOrigins?: readonly string[];
  /** Of verification pages, as #rrggbb. */
  readonly brandColor?: string;
  /** Logo of verification pages, in base64, and the SHA-256 of its bytes, by which it is served. */
  readonly logo?: string;
  readonly logoHash?: string;
  /** Where people find help. */
  readonly supportUrl?: string;
  /** Verification pages leave out the host beside the brand. */
  readonly hideHost?: boolean;
  /** Without effect; kept because the contract still shows it. */
  readonly longLifetime: boolean;
  /** The norm that its settings and Sends have to meet. */
  readonly assurance?: AssuranceName;
  /** Since when. */
  readonly assuredAt?: Date;
  /** Hash of the Android app that reads its text messages, for their last line. */
  readonly androidAppHash?: string;
  /** The messaging API reuses an open session within the resend cooldown. */
  readonly messagingReuse: boolean;
  /** Providers by channel, in the order in which they are used; a channel left out: all of them, in the service's own order. */
  readonly routes: RouteNames;
  /** Days a session stays readable once it has ended. */
  readonly retentionDays: number;
  /** Changed limits on traffic. */
  readonly limits: RuleOverrides;
  readonly createdAt?: Date;
  /** Since when every credential of it is refused. */
  readonly deletedAt?: Date;
  /** The job that removes everything of it, and when that starts. */
  readonly purge?: { readonly job: string; readonly at: Date };
  readonly purgedAt?: Date;
}

/** The workspace that exists from the first start. */
export const DEFAULT_WORKSPACE = 'default';

/** A workspace without any setting of its own. */
export const defaultWorkspace = (name: string): Workspace => ({
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
