import { pageHeaders } from '../http/pageHeaders.js';
import type { ExactRoute } from '../http/router.js';
import type { ScreenFiles } from './files.js';
import { ICON } from './html.js';

/** `GET /inbox`: a page without data that everybody may load; its script asks for the inbox token. */
export function inboxPageRoute(files: ScreenFiles): ExactRoute {
  const { js, css } = files.of('inbox');
  const html = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<title>Inbox · Countersign</title>
<link rel="icon" href="${ICON}">
<link rel="stylesheet" href="/screens/${css}">
<script type="module" src="/screens/${js}"></script>
</head>
<body>
<div id="app"></div>
<noscript>The inbox needs JavaScript. <code>countersign inbox</code> and <code>/inbox.json</code> show the same messages.</noscript>
</body>
</html>
`;
  return {
    method: 'GET',
    path: '/inbox',
    handle(_req, res) {
      res.writeHead(200, pageHeaders({ hasFrames: true }));
      res.end(html);
    },
  };
}
