import type { Mode } from './mode.js';

/** What a credential may do. `operator` is held by keys of workspace "default" only. */
export const SCOPES = [
  'otp.send',
  'otp.verify',
  'otp.vouch',
  'sessions.read',
  'tokens.redeem',
  'support',
  'analyst',
  'webhooks',
  'admin',
  'operator',
] as const;

export type Scope = (typeof SCOPES)[number];

/** The scopes that another scope includes. */
const INCLUDED: Readonly<Partial<Record<string, readonly Scope[]>>> = {
  admin: ['support', 'analyst', 'webhooks'],
};

/** The scopes with those that they include. */
export const withIncluded = (scopes: Iterable<string>): ReadonlySet<string> =>
  new Set([...scopes].flatMap((scope) => [scope, ...(INCLUDED[scope] ?? [])]));

/** Who is calling: a key of a workspace, or the holder of one session's token or of the inbox token. */
export interface Principal {
  readonly workspace: string;
  readonly mode: Mode;
  /** The key's public id; for a session token, the session. The unit of per-client limits and idempotency. */
  readonly client: string;
  readonly scopes: ReadonlySet<string>;
  /** Set for a session token: the only session it opens. */
  readonly sessionId?: string;
  /** Set for the inbox token: nothing but the development inbox. */
  readonly opensInbox?: true;
  /** Methods that change something are refused. */
  readonly readOnly?: true;
  /** The display name of the key. */
  readonly displayName?: string;
  /** When the credential stops working. Absent: never. */
  readonly expiresAt?: Date;
}

/** workspace.mode: live and test never share limits, request ids or contacts. */
export const partitionOf = (
  principal: Pick<Principal, 'workspace' | 'mode'>,
  mode: Mode = principal.mode,
): string => `${principal.workspace}.${mode}`;

/** A test key sees sandbox sessions only; a live key sees both. */
export const visibleTo = (principal: Pick<Principal, 'mode'>, session: { readonly mode: Mode }): boolean =>
  principal.mode === 'live' || session.mode === 'test';

/** The workspace of a partition. */
export const workspaceOfPartition = (partition: string): string =>
  partition.slice(0, partition.lastIndexOf('.'));
