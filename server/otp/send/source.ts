import { type EndUserIp, readEndUserIp, sourceNetwork } from '../../domain/ipAddresses.js';
import { invalid } from '../../errors.js';
import type { Fingerprints } from '../../secrets/fingerprints.js';

/** Where the person of a call is, as its caller names it. */
export interface NamedSource {
  /** Undefined where none is named. */
  readonly ip: EndUserIp | undefined;
  readonly deviceId: string;
}

/** Reads a request's end_user_ip and device_id. Throws INVALID_REQUEST for an IP address that cannot be read. */
export function readSource(request: { readonly endUserIp: string; readonly deviceId: string }): NamedSource {
  const { endUserIp, deviceId } = request;
  const ip = endUserIp ? readEndUserIp(endUserIp) : undefined;
  if (endUserIp && ip === undefined) throw invalid('end_user_ip', 'must be an IP address');
  return { ip, deviceId };
}

/** The IP address that is counted; undefined where none is named, or one that belongs to no one person. */
export const countedIp = (ip: EndUserIp | undefined): string | undefined =>
  ip === undefined || ip === 'none' ? undefined : ip.address;

/**
 * The fingerprint of a source: of the device, whose id only it knows, else of
 * the network of its IP address. Undefined where neither is known: such a call
 * can come from anybody.
 */
export function sourceOf(
  fingerprints: Fingerprints,
  workspace: string,
  { ip, deviceId }: NamedSource,
): string | undefined {
  if (deviceId) return fingerprints.subject(workspace, `device ${deviceId}`);
  const address = countedIp(ip);
  return address && fingerprints.subject(workspace, `network ${sourceNetwork(address)}`);
}
