import { isIP } from 'node:net';
import { checkServerIdentity } from 'node:tls';
import { type ChannelCredentials, type ChannelOptions, credentials } from '@grpc/grpc-js';

/** A name that no host can have (RFC 6761 section 6.4). */
const INVALID_NAME = 'address.invalid';
const NAME = 'grpc.ssl_target_name_override';

/**
 * Credentials and options of a channel over TLS. grpc-js sends the host's name in
 * the handshake even if it is an IP address, which RFC 6066 section 3 does not
 * allow and newer Node refuses. For an IP address the handshake therefore has an
 * invalid name, and the certificate is still checked against the IP address.
 */
export function secureChannel(
  hostname: string,
  ca: string | Buffer | undefined,
  options: ChannelOptions | undefined,
): { readonly credentials: ChannelCredentials; readonly options: ChannelOptions | undefined } {
  const roots = ca === undefined ? null : Buffer.from(ca);
  const ipAddress = hostname.replace(/^\[|\]$/g, '');
  if (isIP(ipAddress) === 0 || options?.[NAME] !== undefined)
    return { credentials: credentials.createSsl(roots), options };
  return {
    credentials: credentials.createSsl(roots, null, null, {
      checkServerIdentity: (_name, certificate) => checkServerIdentity(ipAddress, certificate),
    }),
    options: { ...options, [NAME]: INVALID_NAME },
  };
}
