import type { HttpHandler } from '../http/message.js';
import { pageHeaders } from '../http/pageHeaders.js';
import type { Route } from '../http/router.js';
import type { ScreenFiles } from './files.js';
import { ICON } from './html.js';

/** `/console` and every path below it: one HTML page, whose script reads the path. */
export function consoleRoutes(files: ScreenFiles): Route[] {
  const { js, css } = files.of('console');
  const html = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<title>Countersign</title>
<link rel="icon" href="${ICON}">
<link rel="stylesheet" href="/screens/${css}">
<script type="module" src="/screens/${js}"></script>
</head>
<body>
<div id="app"></div>
<noscript>The console needs JavaScript. Everything it does can also be done with the command line or buf curl.</noscript>
</body>
</html>
`;
  const handle: HttpHandler = (_req, res) => {
    res.writeHead(200, pageHeaders({ hasFrames: true }));
    res.end(html);
  };
  return [
    { method: 'GET', path: '/console', handle },
    { prefix: '/console/', methods: ['GET'], handle },
  ];
}
