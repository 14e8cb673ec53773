import { pageHeaders } from '../http/pageHeaders.js';
import type { ExactRoute } from '../http/router.js';
import type { ScreenFiles } from './files.js';
import { screenPage } from './html.js';

/** `GET /inbox`: a page without data that everyone may load; its script asks for the inbox token. */
export function inboxPageRoute(files: ScreenFiles): ExactRoute {
  const html = screenPage({
    title: 'Inbox · Countersign',
    names: files.of('inbox'),
    noscript:
      'The inbox needs JavaScript. <code>countersign inbox</code> and <code>/inbox.json</code> show the same messages.',
  });
  return {
    method: 'GET',
    path: '/inbox',
    handle(_req, res) {
      res.writeHead(200, pageHeaders({ hasFrames: true }));
      res.end(html);
    },
  };
}
