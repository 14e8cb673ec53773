import type { ApiKeys } from '../admin/keys/apiKeys.js';
import type { Mode } from '../domain/mode.js';
import type { Principal } from '../domain/principal.js';
import { Failure } from '../errors.js';
import type { Clock } from '../platform/clock.js';
import { DAY_MS, HOUR_MS } from '../platform/durations.js';

const DEFAULT_LIFETIME_MS = HOUR_MS;
/** The key of a link is listed this long after its end, so that the audit log's actor has a name. */
const KEPT_MS = 30 * DAY_MS;

/** What a link opens. */
export interface PortalAccess {
  readonly workspace: string;
  readonly mode: Mode;
  /** Milliseconds; undefined: one hour. */
  readonly lifetimeMs: number | undefined;
  readonly readOnly: boolean;
}

interface Deps {
  readonly keys: Pick<ApiKeys, 'create'>;
  /** Where browsers reach the portal; undefined where they cannot. */
  readonly portalUrl: () => string | undefined;
  readonly clock: Clock;
}

/** Makes links to the portal, each with an API key of its own. */
export function createPortalLinks({ keys, portalUrl, clock }: Deps) {
  return async ({ client, expiresAt: callersEnd }: Principal, access: PortalAccess) => {
    const base = portalUrl();
    if (base === undefined)
      throw new Failure('ROUTE_NOT_FOUND', {
        message: 'The portal needs OTP_PUBLIC_URL, and the administration on the public port.',
      });
    const { workspace, mode, lifetimeMs = DEFAULT_LIFETIME_MS, readOnly } = access;
    const end = Math.min(clock.now() + lifetimeMs, callersEnd?.getTime() ?? Number.POSITIVE_INFINITY);
    const { key, secret } = await keys.create({
      workspace,
      mode,
      displayName: 'Portal link',
      scopes: ['webhooks'],
      createdBy: client,
      expiresAt: new Date(end),
      purgeAt: new Date(end + KEPT_MS),
      ...(readOnly && { readOnly }),
    });
    return { url: `${base}/portal#t=${secret}`, expiresAt: new Date(end), keyId: key.id };
  };
}
