import type { TakeReports } from '../../delivery/reports.js';
import type { ReceiptReader } from '../../delivery/vendors/receipts.js';
import { Failure } from '../../errors.js';
import { readText } from '../../http/body.js';
import type { HttpRequest, HttpResponse } from '../../http/message.js';

interface Received {
  readonly req: HttpRequest;
  readonly res: HttpResponse;
  readonly endpoint: ReceiptReader;
  readonly publicUrl: string;
  /** Whether a body that cannot be read has the response of a wrong signature. */
  readonly isHidden?: boolean;
}

/** Verifies a delivery receipt, stores what it reports and responds. */
export async function takeReceipt(
  { req, res, endpoint, publicUrl, isHidden = false }: Received,
  take: TakeReports,
): Promise<void> {
  const body = await readText(req, endpoint.mediaType, endpoint.bodyBytes).catch((thrown: unknown) => {
    throw isHidden && thrown instanceof Failure ? unsigned(res) : thrown;
  });
  const request = { headers: req.headers, body, url: `${publicUrl}${req.url ?? ''}` };
  if (!endpoint.isSigned(request)) throw unsigned(res);
  await take(endpoint.readReports(request));
  respond(res, '');
}

/** Responds to a vendor that asks whether the URL is ours. */
export function shakeHands(
  req: HttpRequest,
  res: HttpResponse,
  answerTo: NonNullable<ReceiptReader['shakeHands']>,
): void {
  const { searchParams } = new URL(req.url ?? '', 'http://localhost');
  const challenge = answerTo(searchParams);
  if (challenge === undefined) throw unsigned(res);
  respond(res, challenge);
}

/** Does not say what was wrong: a forger would learn from it. */
export function unsigned(res: HttpResponse): Failure {
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
