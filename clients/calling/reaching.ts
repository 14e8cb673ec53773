import { Code, ConnectError, type Interceptor } from '@connectrpc/connect';

/**
 * Names a request that did not reach the service. `fetch` rejects with a
 * TypeError, which Connect makes Unknown, and Unknown is not repeated.
 */
export const reaching: Interceptor = (next) => async (req) => {
  try {
    return await next(req);
  } catch (thrown) {
    const cause = thrown instanceof ConnectError && thrown.code === Code.Unknown ? thrown.cause : thrown;
    if (cause instanceof TypeError)
      throw new ConnectError('the service cannot be reached', Code.Unavailable, undefined, undefined, thrown);
    throw thrown;
  }
};
