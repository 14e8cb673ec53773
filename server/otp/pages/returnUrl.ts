import { isLoopbackHost } from '../../domain/loopback.js';

/**
 * Whether a text is a URL that a page may send a browser to: https, or http on
 * this machine where `development` says so; no user, no fragment.
 */
export function isReturnUrl(text: string, development: boolean): boolean {
  if (!URL.canParse(text)) return false;
  const { protocol, hostname, username, password, hash } = new URL(text);
  if (username || password || hash || text.includes('#')) return false;
  return protocol === 'https:' || (protocol === 'http:' && development && isLoopbackHost(hostname));
}

/**
 * Whether a URL is within one of those that a workspace lists: the same origin,
 * and a path that begins with that of the entry, at a slash. Both are parsed
 * first: compared as texts, "https://shop.example" would admit "https://shop.example.net".
 */
export function isListedUrl(text: string, listed: readonly string[]): boolean {
  const url = new URL(text);
  return listed.some((entry) => {
    const { origin, pathname } = new URL(entry);
    if (origin !== url.origin) return false;
    const folder = pathname.endsWith('/') ? pathname : `${pathname}/`;
    return url.pathname === pathname || url.pathname.startsWith(folder);
  });
}
