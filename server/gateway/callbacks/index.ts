import type { TakeReports } from '../../delivery/reports.js';
import { Failure } from '../../errors.js';
import { readText } from '../../http/body.js';
import type { HttpResponse } from '../../http/message.js';
import type { ExactRoute } from '../../http/router.js';
import { type CallbackVendor, callbackPath } from './vendor.js';

/**
 * `POST /callbacks/<vendor>`: what vendors report of messages. The signature is
 * checked before anything is read or looked up, and 200 says that a report is
 * stored or need not be; after anything else the vendor may come again.
 * `GET /callbacks/<vendor>` where a vendor asks first whether the address is ours.
 */
export function callbackRoutes(vendors: readonly CallbackVendor[], take: TakeReports): ExactRoute[] {
  return vendors.flatMap((vendor) => [...handshakeRoutes(vendor), reportRoute(vendor, take)]);
}

function reportRoute(vendor: CallbackVendor, take: TakeReports): ExactRoute {
  return {
    method: 'POST',
    path: callbackPath(vendor.name),
    async handle(req, res) {
      const body = await readText(req, vendor.mediaType, vendor.bodyBytes);
      const callback = { headers: req.headers, body, target: req.url ?? '' };
      if (!vendor.isSigned(callback)) throw strangers(res);
      await take(vendor.readReports(callback));
      answer(res, '');
    },
  };
}

function handshakeRoutes({ name, shakeHands }: CallbackVendor): ExactRoute[] {
  if (!shakeHands) return [];
  return [
    {
      method: 'GET',
      path: callbackPath(name),
      handle(req, res) {
        const { searchParams } = new URL(req.url ?? '', 'http://localhost');
        const reply = shakeHands(searchParams);
        if (reply === undefined) throw strangers(res);
        answer(res, reply);
      },
    },
  ];
}

/** Says nothing of what was wrong: only who means to forge one needs to know. */
function strangers(res: HttpResponse): Failure {
  res.setHeader('www-authenticate', 'Signature realm="callbacks"');
  return new Failure('UNAUTHENTICATED', { message: 'The signature is missing, wrong or too old.' });
}

function answer(res: HttpResponse, text: string): void {
  res.writeHead(200, {
    'content-type': 'text/plain; charset=utf-8',
    'content-length': Buffer.byteLength(text),
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
  });
  res.end(text);
}
