import { Failure } from '../errors.js';
import { fromThisMachine } from '../http/isLoopbackRequest.js';
import type { HttpRequest } from '../http/message.js';
import type { ExactRoute } from '../http/router.js';
import { EXPOSITION_TYPE } from '../observe/metrics/exposition.js';
import { bearer } from '../pipeline/headers.js';
import { isSameSecret } from '../secrets/isSameSecret.js';

/** Who may read the metrics: with a token, every caller that presents it; without one, those that `open` names. */
export interface MetricsAccess {
  readonly token: string | undefined;
  readonly open: 'everyone' | 'this machine' | 'no one';
}

/**
 * `GET /metrics`, for Prometheus. Numbers about traffic and recipients' channels
 * are private: with a token, they are for callers that present it as a
 * Bearer, from any IP address; without one for this machine only, in production for the
 * operators' port only, and to strangers there is nothing at that URL.
 */
export function metricsRoute(scrape: () => Promise<string>, { token, open }: MetricsAccess): ExactRoute {
  return {
    method: 'GET',
    path: '/metrics',
    async handle(req, res) {
      if (token === undefined) {
        if (open === 'no one' || (open === 'this machine' && !fromThisMachine(req)))
          throw new Failure('ROUTE_NOT_FOUND');
      } else if (!isSameSecret(presented(req), token)) {
        res.setHeader('www-authenticate', 'Bearer realm="metrics"');
        throw new Failure('UNAUTHENTICATED');
      }
      const text = await scrape();
      res.writeHead(200, {
        'content-type': EXPOSITION_TYPE,
        'content-length': Buffer.byteLength(text),
        'cache-control': 'no-store',
        'x-content-type-options': 'nosniff',
      });
      res.end(text);
    },
  };
}

const presented = ({ headers: { authorization } }: HttpRequest): string =>
  authorization === undefined ? '' : (bearer(authorization) ?? '');
