import { isIP } from 'node:net';
import { checkServerIdentity } from 'node:tls';
import { type ChannelCredentials, type ChannelOptions, credentials } from '@grpc/grpc-js';

/** A name that nobody can have (RFC 6761 section 6.4). */
const NOBODY = 'address.invalid';
const NAME = 'grpc.ssl_target_name_override';

/**
 * What a channel over TLS takes. grpc-js names the host it wants to reach in the
 * handshake, an IP address too, which is no name (RFC 6066 section 3) and which
 * newer Node refuses. So for an address the handshake names nobody, and the
 * certificate must be that of the address all the same.
 */
export function secureChannel(
  hostname: string,
  ca: string | Buffer | undefined,
  options: ChannelOptions | undefined,
): { readonly credentials: ChannelCredentials; readonly options: ChannelOptions | undefined } {
  const roots = ca === undefined ? null : Buffer.from(ca);
  const address = hostname.replace(/^\[|\]$/g, '');
  if (isIP(address) === 0 || options?.[NAME] !== undefined)
    return { credentials: credentials.createSsl(roots), options };
  return {
    credentials: credentials.createSsl(roots, null, null, {
      checkServerIdentity: (_name, certificate) => checkServerIdentity(address, certificate),
    }),
    options: { ...options, [NAME]: NOBODY },
  };
}
