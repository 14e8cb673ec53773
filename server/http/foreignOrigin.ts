import { hasOwnName } from './isLoopbackRequest.js';
import type { HttpRequest } from './message.js';

interface Deps {
  /** URL of the service as people outside know it. */
  readonly publicUrl: string | undefined;
  /** A page is the service's own by the Host of its request where that is a name of this machine. */
  readonly trustsLoopback: boolean;
}

/**
 * Reads the origin of the page that sent a request; undefined where there is
 * none or the page is the service's own, which no workspace needs to list. A
 * Host that is not of this machine proves nothing: any name can be made to lead here.
 */
export function createForeignOrigin({ publicUrl, trustsLoopback }: Deps) {
  const own = publicUrl && new URL(publicUrl).origin;
  return (req: HttpRequest): string | undefined => {
    const { origin } = req.headers;
    if (origin === undefined || origin === own) return undefined;
    return trustsLoopback && hasOwnName(req) && origin === originOf(req) ? undefined : origin;
  };
}

/** The origin that a request was sent to, by its Host and whether the connection is encrypted. */
function originOf(req: HttpRequest): string {
  const host = ('authority' in req ? req.authority : req.headers.host) ?? '';
  return `${'encrypted' in req.socket ? 'https' : 'http'}://${host}`;
}
