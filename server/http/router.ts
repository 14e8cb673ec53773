import { Failure } from '../errors.js';
import { allowOrigin, answerPreflight, isPreflight } from './cors.js';
import { type HttpHandler, type HttpRequest, type HttpResponse, pathOf } from './message.js';

interface RouteCommon {
  readonly handle: HttpHandler;
  /**
   * Whether pages of other origins may read the responses. Only for what asks for
   * a credential: everything else here would be open to any site that a person
   * on this machine happens to visit.
   */
  readonly crossOrigin?: boolean;
}

/** One method at one path. GET also serves HEAD. */
export interface ExactRoute extends RouteCommon {
  readonly path: string;
  readonly method: string;
}

/** Everything whose path begins with `prefix`, which ends with a slash. */
export interface PrefixRoute extends RouteCommon {
  readonly prefix: string;
  /** Without them the handler is sent every method there is, and refuses the wrong ones itself. */
  readonly methods?: readonly string[];
}

export type Route = ExactRoute | PrefixRoute;

/** What stands at one address: a route per method, or one for ANY. */
type Methods = Map<string, Route>;

const ANY = '*';

/**
 * Sends each request to its route: an exact path first, else the longest
 * prefix. Throws Failure ROUTE_NOT_FOUND, or METHOD_NOT_ALLOWED with Allow set,
 * for the listener to respond to. Two routes for one method and path are a programming error
 * and abort the start.
 */
export function createRouter(routes: readonly Route[]): HttpHandler {
  const exact = new Map<string, Methods>();
  const prefixes = new Map<string, Methods>();
  for (const route of routes) {
    if ('path' in route) add(exact, route.path, [route.method], route);
    else add(prefixes, route.prefix, route.methods ?? [ANY], route);
  }
  const longestFirst = [...prefixes].sort(([a], [b]) => b.length - a.length);

  return (req, res) => {
    const path = pathOf(req);
    const methods = exact.get(path) ?? longestFirst.find(([prefix]) => path.startsWith(prefix))?.[1];
    if (methods === undefined) throw new Failure('ROUTE_NOT_FOUND');
    const route =
      methods.get(req.method ?? '') ??
      (req.method === 'HEAD' ? methods.get('GET') : undefined) ??
      (isPreflight(req) ? undefined : methods.get(ANY));
    if (route === undefined) return withoutRoute(req, res, methods);
    if (route.crossOrigin) allowOrigin(req, res);
    return route.handle(req, res);
  };
}

function add(table: Map<string, Methods>, address: string, names: readonly string[], route: Route): void {
  const methods: Methods = table.get(address) ?? new Map();
  for (const name of names) {
    if (methods.has(name)) throw new Error(`two routes for ${name} ${address}`);
    methods.set(name, route);
  }
  table.set(address, methods);
}

function withoutRoute(req: HttpRequest, res: HttpResponse, methods: Methods): void {
  const crossOrigin = [...methods.values()].some((route) => route.crossOrigin);
  if (crossOrigin && isPreflight(req)) {
    answerPreflight(req, res);
    return;
  }
  // The page behind a mistaken method must be able to read the refusal.
  if (crossOrigin) allowOrigin(req, res);
  res.setHeader('allow', allowed(methods));
  if (req.method !== 'OPTIONS') throw new Failure('METHOD_NOT_ALLOWED');
  res.writeHead(204);
  res.end();
}

function allowed(methods: Methods): string {
  const names = [...methods.keys()];
  if (methods.has('GET') && !methods.has('HEAD')) names.push('HEAD');
  return [...names, 'OPTIONS'].join(', ');
}
