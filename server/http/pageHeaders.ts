/** How a page differs from one of which nothing may be framed, posted elsewhere or inline. */
export interface PageOptions {
  /** Styles and scripts inside the page that carry it are allowed. */
  readonly nonce?: string;
  /** Origins whose pages may frame this one. */
  readonly frameAncestors?: readonly string[];
  /** Origins that forms of the page, and redirects behind them, may lead to besides its own. */
  readonly formAction?: readonly string[];
  /** It frames pages of this server. */
  readonly hasFrames?: boolean;
  /** The page may ask the browser for the code of a text message. */
  readonly readsMessages?: boolean;
}

/**
 * Headers of an HTML page of ours. Scripts, styles and images come from this
 * server alone, or inline under the page's `nonce`; nothing may frame the page
 * or be submitted elsewhere unless it is listed, no script can turn text into
 * markup or code (Trusted Types), and no address of the page leaks to another site.
 */
export function pageHeaders(options: PageOptions = {}): Record<string, string> {
  const { nonce, frameAncestors = [], formAction = [], hasFrames = false, readsMessages = false } = options;
  const own = nonce === undefined ? "'self'" : `'self' 'nonce-${nonce}'`;
  const isFramed = frameAncestors.length > 0;
  const policy = [
    "default-src 'none'",
    `script-src ${own}`,
    `style-src ${own}`,
    "img-src 'self' data:",
    "font-src 'self'",
    "connect-src 'self'",
    ...(hasFrames ? ["frame-src 'self'"] : []),
    `form-action ${["'self'", ...formAction].join(' ')}`,
    "base-uri 'none'",
    `frame-ancestors ${isFramed ? frameAncestors.join(' ') : "'none'"}`,
    "require-trusted-types-for 'script'",
    "trusted-types 'none'",
  ];
  const features = ['camera=()', 'geolocation=()', 'microphone=()', 'payment=()'];
  if (readsMessages) features.push('otp-credentials=(self)');
  return {
    'content-type': 'text/html; charset=utf-8',
    'content-security-policy': policy.join('; '),
    'x-content-type-options': 'nosniff',
    // Knows no lists: the policy above says which pages may.
    ...(!isFramed && { 'x-frame-options': 'DENY' }),
    'referrer-policy': 'no-referrer',
    'cross-origin-opener-policy': 'same-origin',
    // A page that isolates itself may frame only what requires the same of its own parts.
    ...(isFramed && { 'cross-origin-embedder-policy': 'require-corp' }),
    'cross-origin-resource-policy': isFramed ? 'cross-origin' : 'same-origin',
    'permissions-policy': features.join(', '),
    'cache-control': 'no-store',
  };
}
