import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import type { HttpRequest, HttpResponse } from '../http/message.js';
import type { ScreenFile } from './files.js';

const inGzip = promisify(gzip);

/** Sends a file in the best encoding that the browser takes. Fonts are compressed already. */
export async function sendFile(
  req: HttpRequest,
  res: HttpResponse,
  file: ScreenFile,
  headers: Readonly<Record<string, string>>,
): Promise<void> {
  const encoding = file.type.startsWith('font/') ? undefined : encodingOf(req);
  const body = encoding === 'br' ? await file.brotli() : encoding ? await file.gzip() : file.plain;
  res.writeHead(200, {
    'content-type': file.type,
    'content-length': body.length,
    'x-content-type-options': 'nosniff',
    vary: 'accept-encoding',
    ...(encoding && { 'content-encoding': encoding }),
    ...headers,
  });
  res.end(req.method === 'HEAD' ? undefined : body);
}

/** Sends a page made for this request: compressed, because on a slow network people wait for its bytes. */
export async function sendPage(
  req: HttpRequest,
  res: HttpResponse,
  page: {
    readonly status: number;
    readonly headers: Readonly<Record<string, string>>;
    readonly html: string;
  },
): Promise<void> {
  const plain = Buffer.from(page.html);
  const isZipped = encodingsOf(req).has('gzip');
  const body = isZipped ? await inGzip(plain) : plain;
  res.writeHead(page.status, {
    ...page.headers,
    'content-length': body.length,
    vary: 'accept-encoding',
    ...(isZipped && { 'content-encoding': 'gzip' }),
  });
  res.end(req.method === 'HEAD' ? undefined : body);
}

function encodingOf(req: HttpRequest): 'br' | 'gzip' | undefined {
  const takes = encodingsOf(req);
  if (takes.has('br')) return 'br';
  return takes.has('gzip') ? 'gzip' : undefined;
}

/** The encodings that a browser takes. */
const encodingsOf = (req: HttpRequest): ReadonlySet<string | undefined> =>
  new Set(
    String(req.headers['accept-encoding'] ?? '')
      .split(',')
      .map((one) => one.trim())
      .filter((one) => !/;\s*q=0(\.0*)?$/.test(one))
      .map((one) => one.split(';')[0]),
  );
