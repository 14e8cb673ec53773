import { Failure } from '../errors.js';
import type { RestRoute } from './dialect.js';

/** The route of a request, with the parts of its path. */
export interface FoundRoute {
  readonly route: RestRoute;
  readonly params: Readonly<Record<string, string>>;
}

/** A route, or, as Allow lists them, the methods that the path does have. */
type Found = FoundRoute | { readonly allow: string };

/** Finds routes by method and path. Throws ROUTE_NOT_FOUND for a path that has none. */
export function createMatcher(routes: readonly RestRoute[]): (method: string, path: string) => Found {
  const byPath = new Map<string, RestRoute[]>();
  for (const route of routes) byPath.set(route.path, [...(byPath.get(route.path) ?? []), route]);
  const patterns = [...byPath]
    .filter(([path]) => path.includes('{'))
    .map(([path, methods]) => ({ parts: path.split('/'), methods }));

  const choose = (methods: readonly RestRoute[], method: string, params: Record<string, string>): Found => {
    const asked = method === 'HEAD' ? 'GET' : method;
    const route = methods.find((one) => one.method === asked);
    return route ? { route, params } : { allow: allowed(methods) };
  };

  return (method, path) => {
    const exact = byPath.get(path);
    if (exact) return choose(exact, method, {});
    const given = path.split('/');
    for (const { parts, methods } of patterns) {
      const params = matchParts(parts, given);
      if (params) return choose(methods, method, params);
    }
    throw new Failure('ROUTE_NOT_FOUND');
  };
}

function allowed(methods: readonly RestRoute[]): string {
  const names = methods.flatMap(({ method }) => (method === 'GET' ? [method, 'HEAD'] : [method]));
  return [...names, 'OPTIONS'].join(', ');
}

function matchParts(parts: readonly string[], given: readonly string[]): Record<string, string> | undefined {
  if (parts.length !== given.length) return undefined;
  const params: Record<string, string> = {};
  for (const [index, part] of parts.entries()) {
    const value = given[index] ?? '';
    if (!part.startsWith('{')) {
      if (part !== value) return undefined;
      continue;
    }
    const decoded = decode(value);
    if (!decoded) return undefined;
    params[part.slice(1, -1)] = decoded;
  }
  return params;
}

function decode(value: string): string | undefined {
  try {
    return decodeURIComponent(value);
  } catch {
    return undefined;
  }
}
