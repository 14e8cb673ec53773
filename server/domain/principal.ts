import type { Mode } from './mode.js';

/** What a credential may do. `operator` is held by keys of workspace "default" only. */
export const SCOPES = [
  'otp.send',
  'otp.verify',
  'sessions.read',
  'tokens.redeem',
  'admin',
  'operator',
] as const;

export type Scope = (typeof SCOPES)[number];

/** Who is calling: a key of a workspace, or the holder of one session's token. */
export interface Principal {
  readonly workspace: string;
  readonly mode: Mode;
  /** The key's public id; for a session token, the session. The unit of per-client limits and idempotency. */
  readonly client: string;
  readonly scopes: ReadonlySet<string>;
  /** Set for a session token: the only session it opens. */
  readonly sessionId?: string;
}

/** workspace.mode: live and test never share limits, request ids or contacts. */
export const partitionOf = (
  principal: Pick<Principal, 'workspace' | 'mode'>,
  mode: Mode = principal.mode,
): string => `${principal.workspace}.${mode}`;

/** A test key sees sandbox sessions only; a live key sees both. */
export const visibleTo = (principal: Pick<Principal, 'mode'>, session: { readonly mode: Mode }): boolean =>
  principal.mode === 'live' || session.mode === 'test';
