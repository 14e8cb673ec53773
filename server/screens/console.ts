import type { HttpHandler } from '../http/message.js';
import { pageHeaders } from '../http/pageHeaders.js';
import type { Route } from '../http/router.js';
import type { ScreenFiles } from './files.js';
import { type ScreenPage, screenPage } from './html.js';

/** `/console` and every path below it: one HTML page, whose script reads the path. */
export function consoleRoutes(files: ScreenFiles): Route[] {
  return routesOf('/console', {
    title: 'Countersign',
    names: files.of('console'),
    noscript:
      'The console needs JavaScript. Everything it does can also be done with the command line or buf curl.',
  });
}

/** `/portal` and every path below it: the console's pages of webhooks, for those who have a link. */
export function portalRoutes(files: ScreenFiles): Route[] {
  return routesOf('/portal', {
    title: 'Webhooks · Countersign',
    names: files.of('portal'),
    noscript: 'The portal needs JavaScript.',
  });
}

/** `/console/_components`: the components of the console in their states, for those who change them. */
export function componentsRoute(files: ScreenFiles): Route[] {
  return routesOf('/console/_components', {
    title: 'Components · Countersign',
    names: files.of('components'),
    noscript: 'The components need JavaScript.',
  });
}

function routesOf(path: string, page: ScreenPage): Route[] {
  const html = screenPage(page);
  const handle: HttpHandler = (_req, res) => {
    res.writeHead(200, pageHeaders({ hasFrames: true }));
    res.end(html);
  };
  return [
    { method: 'GET', path, handle },
    { prefix: `${path}/`, methods: ['GET'], handle },
  ];
}
