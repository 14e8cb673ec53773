import type { TakeReports } from '../../delivery/reports.js';
import { callbackPath, type ReceiptEndpoint } from '../../delivery/vendors/receipts.js';
import { Failure } from '../../errors.js';
import { readText } from '../../http/body.js';
import type { HttpResponse } from '../../http/message.js';
import type { ExactRoute } from '../../http/router.js';

interface Deps {
  readonly endpoints: readonly ReceiptEndpoint[];
  /** Undefined: no vendor is sent the URL, and none signs it. */
  readonly publicUrl: string | undefined;
  readonly take: TakeReports;
}

/**
 * `POST /callbacks/<vendor>`: delivery receipts. The signature is verified before
 * anything is read or looked up, and 200 says that a receipt is stored or needs
 * not be; after any other status the vendor may send it again.
 * `GET /callbacks/<vendor>` where a vendor verifies the URL first.
 */
export function callbackRoutes(deps: Deps): ExactRoute[] {
  return deps.endpoints.flatMap((endpoint) => [...handshakeRoutes(endpoint), receiptRoute(endpoint, deps)]);
}

function receiptRoute(endpoint: ReceiptEndpoint, { publicUrl = '', take }: Deps): ExactRoute {
  return {
    method: 'POST',
    path: callbackPath(endpoint.path),
    async handle(req, res) {
      const body = await readText(req, endpoint.mediaType, endpoint.bodyBytes);
      const request = { headers: req.headers, body, url: `${publicUrl}${req.url ?? ''}` };
      if (!endpoint.isSigned(request)) throw unsigned(res);
      await take(endpoint.readReports(request));
      respond(res, '');
    },
  };
}

function handshakeRoutes({ path, shakeHands }: ReceiptEndpoint): ExactRoute[] {
  if (!shakeHands) return [];
  return [
    {
      method: 'GET',
      path: callbackPath(path),
      handle(req, res) {
        const { searchParams } = new URL(req.url ?? '', 'http://localhost');
        const challenge = shakeHands(searchParams);
        if (challenge === undefined) throw unsigned(res);
        respond(res, challenge);
      },
    },
  ];
}

/** Does not say what was wrong: a forger would learn from it. */
function unsigned(res: HttpResponse): Failure {
  res.setHeader('www-authenticate', 'Signature realm="callbacks"');
  return new Failure('UNAUTHENTICATED', { message: 'The signature is missing, wrong or too old.' });
}

function respond(res: HttpResponse, text: string): void {
  res.writeHead(200, {
    'content-type': 'text/plain; charset=utf-8',
    'content-length': Buffer.byteLength(text),
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
  });
  res.end(text);
}
