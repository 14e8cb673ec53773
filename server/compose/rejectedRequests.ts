import { canonicalIpAddress } from '../domain/ipAddresses.js';
import type { HttpRequest } from '../http/message.js';
import type { RejectedRequests } from '../http/rejectedRequests.js';
import type { Logger } from '../observe/log.js';
import type { Metrics } from '../observe/metrics/index.js';
import { readRequestId } from '../pipeline/headers.js';

interface Parts {
  readonly newId: () => string;
  readonly peerOf: (req: HttpRequest) => string;
  readonly metrics: Pick<Metrics, 'refusedRequests'>;
  readonly log: Logger;
}

/** What is refused before it is a call is counted and logged like one, but for its path: strangers write there what they like. */
export function composeRejectedRequests({ newId, peerOf, metrics, log }: Parts): RejectedRequests {
  return {
    idOf: ({ headers }) => readRequestId(headers['x-request-id']?.toString()) ?? newId(),
    refused(failure, req, requestId) {
      const { reason } = failure;
      metrics.refusedRequests.add({ reason });
      const line = { reason, peer: peerOf(req), requestId };
      if (failure.row.status < 500) log.info(line, 'refused');
      else
        log.error({ ...line, err: failure.details.cause ?? failure, path: req.url?.split('?')[0] }, 'fault');
    },
    unreadable({ reason }, peer) {
      const requestId = newId();
      metrics.refusedRequests.add({ reason });
      log.info({ reason, peer: canonicalIpAddress(peer) ?? '', requestId }, 'refused');
      return requestId;
    },
  };
}
