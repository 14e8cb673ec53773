/** What gRPC wants percent-encoded: "%", and all that is not printable ASCII (PROTOCOL-HTTP2.md, "Responses"). */
const ESCAPED = /[^\x20-\x24\x26-\x7e]+/gu;

/**
 * Writes the text of an error in a trailer as gRPC asks for. Connect encodes
 * more than that, such as ":" and ",", and grpc-js would show it so.
 */
export function unescapeMessage(trailer: Headers): void {
  const text = trailer.get('grpc-message');
  if (text?.includes('%'))
    trailer.set('grpc-message', decodeURIComponent(text).replace(ESCAPED, encodeURIComponent));
}
