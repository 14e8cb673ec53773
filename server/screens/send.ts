import type { HttpRequest, HttpResponse } from '../http/message.js';
import type { ScreenFile } from './files.js';

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

function encodingOf(req: HttpRequest): 'br' | 'gzip' | undefined {
  const takes = new Set(
    String(req.headers['accept-encoding'] ?? '')
      .split(',')
      .map((one) => one.trim())
      .filter((one) => !/;\s*q=0(\.0*)?$/.test(one))
      .map((one) => one.split(';')[0]),
  );
  if (takes.has('br')) return 'br';
  return takes.has('gzip') ? 'gzip' : undefined;
}
