import type { Config } from '../config/config.js';
import { readEndUserIp } from '../domain/ipAddresses.js';
import type { Networks } from '../domain/networks.js';
import { hasOwnName } from '../http/isLoopbackRequest.js';
import type { HttpHandler, HttpRequest } from '../http/message.js';
import type { Logger } from '../observe/log.js';
import type { Serving } from '../observe/readiness.js';

interface Deps {
  readonly env: Config['env'];
  readonly trustedProxies: Networks;
  readonly serving: Serving;
  readonly log: Logger;
}

const UNTRUSTED_PROXY =
  'a proxy in a private network sends X-Forwarded-For or Forwarded and is not in OTP_TRUSTED_PROXIES: all people behind it have its IP address, so limits by IP address do not apply to them';

/** Looks at requests for two mistakes of a setup, and says each once: in the log, the first also in /readyz. */
export function noticeSetup(handler: HttpHandler, { env, trustedProxies, serving, log }: Deps): HttpHandler {
  let isProxyNoticed = false;
  let isHostNoticed = env !== 'development';
  return (req, res) => {
    if (!isProxyNoticed && isUntrustedProxy(req, trustedProxies)) {
      isProxyNoticed = true;
      serving.note(UNTRUSTED_PROXY);
      log.warn({ peer: req.socket.remoteAddress }, UNTRUSTED_PROXY);
    }
    if (!isHostNoticed && !hasOwnName(req)) {
      isHostNoticed = true;
      log.warn(
        'a request came with a Host that is not of this machine, and the service runs in development mode: do not expose it; set OTP_ENV=production',
      );
    }
    return handler(req, res);
  };
}

function isUntrustedProxy({ headers, socket }: HttpRequest, trustedProxies: Networks): boolean {
  if (headers['x-forwarded-for'] === undefined && headers.forwarded === undefined) return false;
  const peer = socket.remoteAddress ?? '';
  return peer !== '' && !trustedProxies.has(peer) && readEndUserIp(peer) === 'none';
}
