import type { Workspace } from '../../../gen/otp/admin/v1/workspace_service_pb.js';
import { isLoopbackHost } from '../../domain/loopback.js';
import { invalid } from '../../errors.js';
import { readLogo } from './logo.js';

/** What a workspace sets for verification pages. Throws INVALID_REQUEST. */
export function readPageSettings(
  message: Pick<Workspace, 'returnUrls' | 'embedOrigins' | 'brandColor' | 'logo' | 'supportUrl' | 'hideHost'>,
) {
  const { returnUrls, embedOrigins, brandColor, logo, supportUrl, hideHost } = message;
  for (const [at, text] of returnUrls.entries()) {
    if (!isReturnEntry(text))
      throw invalid(
        `workspace.return_urls[${at}]`,
        'must be an https URL without user, query and fragment, such as https://shop.example/otp/',
      );
  }
  requireOrigins('embed_origins', embedOrigins);
  if (supportUrl && !isHelp(supportUrl))
    throw invalid('workspace.support_url', 'must be an https or mailto URL');
  return {
    returnUrls,
    embedOrigins,
    ...(brandColor && { brandColor }),
    ...(logo.length > 0 && readLogo(logo)),
    ...(supportUrl && { supportUrl }),
    ...(hideHost && { hideHost }),
  };
}

/** Compared letter by letter with what browsers send, so another spelling would never match. */
export function requireOrigins(field: string, origins: readonly string[]): void {
  for (const [at, text] of origins.entries()) {
    const { origin, protocol } = URL.canParse(text) ? new URL(text) : { origin: undefined, protocol: '' };
    if (origin !== text || (protocol !== 'https:' && protocol !== 'http:'))
      throw invalid(
        `workspace.${field}[${at}]`,
        'must be an origin as browsers write it, such as https://login.example.com',
      );
  }
}

function isReturnEntry(text: string): boolean {
  if (!URL.canParse(text) || /[?#]/.test(text)) return false;
  const { protocol, hostname, username, password } = new URL(text);
  if (username || password) return false;
  return protocol === 'https:' || (protocol === 'http:' && isLoopbackHost(hostname));
}

const isHelp = (text: string): boolean =>
  URL.canParse(text) && ['https:', 'mailto:'].includes(new URL(text).protocol);
