import type { ExactRoute } from '../http/router.js';
import type { ScreenFile, ScreenFiles } from './files.js';
import { sendFile } from './send.js';

/** Pages of other origins load it, also those that isolate themselves. */
const FOR_EVERYBODY = { 'access-control-allow-origin': '*', 'cross-origin-resource-policy': 'cross-origin' };
/** Seconds. */
const SHORT = 'public, max-age=300';
const YEAR = 'public, max-age=31536000, immutable';

/**
 * `<countersign-otp>`: `/widget.js` is the newest, `/widget-<hash>.js` never
 * changes, and `/widget.json` has the hash that a page pins it by.
 */
export function widgetRoutes(files: ScreenFiles): ExactRoute[] {
  const { file: name, integrity } = files.widget;
  const script = files.find(name);
  if (!script) throw new Error(`${name} is missing: run npm run build`);
  const about: ScreenFile = files.make(
    'widget.json',
    Buffer.from(JSON.stringify({ url: `/${name}`, integrity })),
  );
  const route = (path: string, file: ScreenFile, caching: string): ExactRoute => ({
    method: 'GET',
    path,
    handle: (req, res) => sendFile(req, res, file, { ...FOR_EVERYBODY, 'cache-control': caching }),
  });
  return [
    route('/widget.js', script, SHORT),
    route(`/${name}`, script, YEAR),
    route('/widget.json', about, SHORT),
  ];
}
