import type { Call } from '../../call/call.js';
import type { Fingerprints } from '../../secrets/fingerprints.js';
import { sourceOf } from '../send/source.js';
import type { Asking } from './checkCode.js';

/** What a call shows of the client that asks for a comparison. */
export type Client = Pick<Asking, 'by' | 'source'>;

/**
 * A client is recognised by a secret that others do not have: the session token,
 * where that is the call's credential, else the id of its device.
 */
export function clientOf(
  fingerprints: Fingerprints,
  { principal, credential }: Call,
  { sessionId, deviceId }: { readonly sessionId: string; readonly deviceId: string },
): Client {
  const { workspace } = principal;
  const secret = principal.sessionId === undefined ? deviceId && `device ${deviceId}` : `token ${credential}`;
  return {
    by: secret ? fingerprints.subject(workspace, `client ${sessionId} ${secret}`) : undefined,
    source: deviceId ? sourceOf(fingerprints, workspace, { ip: undefined, deviceId }) : undefined,
  };
}
