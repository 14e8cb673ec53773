import type { HttpHandler } from '../http/message.js';
import { pageHeaders } from '../http/pageHeaders.js';
import type { Route } from '../http/router.js';
import type { ScreenFiles } from './files.js';
import { screenPage } from './html.js';

/** `/console` and every path below it: one HTML page, whose script reads the path. */
export function consoleRoutes(files: ScreenFiles): Route[] {
  const html = screenPage({
    title: 'Countersign',
    names: files.of('console'),
    noscript:
      'The console needs JavaScript. Everything it does can also be done with the command line or buf curl.',
  });
  const handle: HttpHandler = (_req, res) => {
    res.writeHead(200, pageHeaders({ hasFrames: true }));
    res.end(html);
  };
  return [
    { method: 'GET', path: '/console', handle },
    { prefix: '/console/', methods: ['GET'], handle },
  ];
}
