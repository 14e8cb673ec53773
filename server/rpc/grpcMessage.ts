/** What gRPC requires to be percent-encoded: "%" and everything but printable ASCII (PROTOCOL-HTTP2.md, "Responses"). */
const ESCAPED = /[^\x20-\x24\x26-\x7e]+/gu;

/**
 * Encodes the text of an error in a trailer as gRPC requires. Connect encodes
 * more than that, such as ":" and ",", which grpc-js does not decode.
 */
export function unescapeMessage(trailer: Headers): void {
  const text = trailer.get('grpc-message');
  if (text?.includes('%'))
    trailer.set('grpc-message', decodeURIComponent(text).replace(ESCAPED, encodeURIComponent));
}
