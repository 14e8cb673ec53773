import type { HttpRequest, HttpResponse } from '../../http/message.js';
import type { ExactRoute } from '../../http/router.js';
import { type Asset, assetOf, createAssets, SWAGGER_UI_FILES } from './assets.js';

/** Everything comes from this origin; no page may frame it, and nothing is sent by a form. */
const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "connect-src 'self'",
  "frame-ancestors 'none'",
  "form-action 'none'",
  "base-uri 'none'",
].join('; ');

const INIT = assetOf(
  Buffer.from(
    `window.addEventListener('load', () => {
  window.ui = SwaggerUIBundle({ url: '/openapi.json', dom_id: '#docs', deepLinking: true, validatorUrl: null });
});
`,
  ),
);

const TYPES: Readonly<Record<string, string>> = {
  css: 'text/css; charset=utf-8',
  js: 'text/javascript; charset=utf-8',
};

/**
 * `GET /docs`: the REST APIs described by /openapi.json, to read and to try, by
 * Swagger UI. No routes without the folder of its files.
 */
export function docsRoutes(folder: string | undefined): ExactRoute[] {
  if (folder === undefined) return [];
  const assets = createAssets(folder);
  const file = (name: string, read: () => Asset): ExactRoute => ({
    method: 'GET',
    path: `/docs/${name}`,
    handle: (req, res) => sendAsset(req, res, name, read()),
  });
  return [
    {
      method: 'GET',
      path: '/docs',
      handle(_req, res) {
        const [css, js] = SWAGGER_UI_FILES.map((name) => `/docs/${name}?v=${assets(name).hash}`);
        const html = page(css!, [js!, `/docs/init.js?v=${INIT.hash}`]);
        res.writeHead(200, {
          'content-type': 'text/html; charset=utf-8',
          'content-length': Buffer.byteLength(html),
          'content-security-policy': POLICY,
          'x-content-type-options': 'nosniff',
          'referrer-policy': 'no-referrer',
          'cache-control': 'no-cache',
        });
        res.end(html);
      },
    },
    ...SWAGGER_UI_FILES.map((name) => file(name, () => assets(name))),
    file('init.js', () => INIT),
  ];
}

const page = (css: string, scripts: readonly string[]): string => `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Countersign: REST APIs</title>
<link rel="stylesheet" href="${css}">
</head>
<body>
<div id="docs"></div>
${scripts.map((src) => `<script src="${src}"></script>`).join('\n')}
</body>
</html>
`;

function sendAsset(req: HttpRequest, res: HttpResponse, name: string, { plain, gzip, hash }: Asset): void {
  const etag = `"${hash}"`;
  const isCurrent = new URLSearchParams(req.url?.split('?', 2)[1]).get('v') === hash;
  const head = {
    etag,
    vary: 'accept-encoding',
    'x-content-type-options': 'nosniff',
    'cross-origin-resource-policy': 'same-origin',
    // Only an address that names the content may be kept for ever.
    'cache-control': isCurrent ? 'public, max-age=31536000, immutable' : 'no-cache',
  };
  if (req.headers['if-none-match'] === etag) {
    res.writeHead(304, head);
    res.end();
    return;
  }
  const takesGzip = /\bgzip\b/.test(String(req.headers['accept-encoding'] ?? ''));
  const body = takesGzip ? gzip : plain;
  res.writeHead(200, {
    ...head,
    'content-type': TYPES[name.split('.').at(-1)!]!,
    'content-length': body.length,
    ...(takesGzip && { 'content-encoding': 'gzip' }),
  });
  res.end(body);
}
