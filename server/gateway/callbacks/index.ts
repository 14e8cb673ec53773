import type { TakeReports } from '../../delivery/reports.js';
import { callbackPath, type ReceiptEndpoint } from '../../delivery/vendors/receipts.js';
import type { ExactRoute } from '../../http/router.js';
import { shakeHands, takeReceipt } from './receipt.js';

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
export function callbackRoutes({ endpoints, publicUrl = '', take }: Deps): ExactRoute[] {
  return endpoints.flatMap((endpoint): ExactRoute[] => {
    const path = callbackPath(endpoint.path);
    const { shakeHands: answerTo } = endpoint;
    return [
      ...(answerTo
        ? [{ method: 'GET', path, handle: (req, res) => shakeHands(req, res, answerTo) } satisfies ExactRoute]
        : []),
      { method: 'POST', path, handle: (req, res) => takeReceipt({ req, res, endpoint, publicUrl }, take) },
    ];
  });
}
