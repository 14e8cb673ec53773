/** The page that frames this one, where it may; nothing otherwise. */
export interface Opener {
  readonly isFramed: boolean;
  tell(type: string, more?: Readonly<Record<string, unknown>>): void;
}

/**
 * `origin` and `nonce` come from the element, in the fragment. Only an origin
 * that the server lists is spoken to, and the browser delivers to no other;
 * the nonce shows the element that the message is its own frame's.
 */
export function createOpener(listed: readonly string[], origin: string, nonce: string): Opener {
  const isFramed = window.parent !== window && listed.includes(origin);
  const tell: Opener['tell'] = (type, more = {}) => {
    if (isFramed) window.parent.postMessage({ from: 'countersign', nonce, type, ...more }, origin);
  };
  if (isFramed) {
    document.body.classList.add('framed');
    new ResizeObserver(() => tell('size', { height: Math.ceil(document.body.scrollHeight) })).observe(
      document.body,
    );
  }
  return { isFramed, tell };
}
