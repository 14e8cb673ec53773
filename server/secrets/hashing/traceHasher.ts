import { inSpan, type Tracing } from '../../observe/tracing.js';
import type { CodeHasher } from './codeHasher.js';

/** The same hasher, with a span for each hash. */
export const traceHasher = (hasher: CodeHasher, tracing: Tracing): CodeHasher => ({
  hash: (code, context) => inSpan(tracing, ['hash code', 'internal', {}], () => hasher.hash(code, context)),
  verify: (code, hash, context) =>
    inSpan(tracing, ['compare code', 'internal', {}], () => hasher.verify(code, hash, context)),
});
