import type { Outcome } from '../provider.js';

/** Codes of Node and OpenSSL that say that a certificate, or TLS itself, was not accepted. */
const TLS_CODE =
  /^(ERR_SSL_|ERR_TLS_|EPROTO$|ETLS$|CERT_|CRL_|DEPTH_ZERO_|SELF_SIGNED_|UNABLE_TO_|HOSTNAME_MISMATCH$|INVALID_(CA|PURPOSE)$|PATH_LENGTH_EXCEEDED$|ERROR_IN_CERT_)/;

/** How far causes are followed. */
const DEPTH = 5;

/** The outcome of a request that got no response. A certificate that is not valid stays so, so it is not tried again. */
export const connectionOutcome = (error: unknown): Outcome =>
  isTlsFailure(error) ? { kind: 'failed', error: 'TLS_FAILED' } : { kind: 'retry', error: 'UNREACHABLE' };

function isTlsFailure(error: unknown, depth = DEPTH): boolean {
  if (typeof error !== 'object' || error === null || depth === 0) return false;
  const { code, originalCode, cause } = error as { code?: unknown; originalCode?: unknown; cause?: unknown };
  const isTls = [code, originalCode].some((one) => typeof one === 'string' && TLS_CODE.test(one));
  return isTls || isTlsFailure(cause, depth - 1);
}
