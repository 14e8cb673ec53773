import { Code, ConnectError, type ConnectRouter } from '@connectrpc/connect';
import {
  Health,
  HealthCheckResponse_ServingStatus as ServingStatus,
} from '../../gen/grpc/health/v1/health_pb.js';

/** The readiness of this process, for load balancers: the same as /readyz. */
export interface Serving {
  state(): 'starting' | 'ready' | 'stopping';
  /** Calls `changed` whenever the state changes, until the returned function is called. */
  subscribe(changed: () => void): () => void;
}

/**
 * gRPC health checking, https://github.com/grpc/grpc/blob/master/doc/health-checking.md:
 * the empty name means the whole server.
 */
export function serveHealth(router: ConnectRouter, services: readonly string[], serving: Serving): void {
  const known = new Set(['', ...services]);
  const status = () => (serving.state() === 'ready' ? ServingStatus.SERVING : ServingStatus.NOT_SERVING);
  router.service(Health, {
    check({ service }) {
      if (!known.has(service)) throw new ConnectError('unknown service', Code.NotFound);
      return { status: status() };
    },
    list() {
      return { statuses: Object.fromEntries([...known].map((service) => [service, { status: status() }])) };
    },
    async *watch({ service }, { signal }) {
      const current = () => (known.has(service) ? status() : ServingStatus.SERVICE_UNKNOWN);
      let wake = () => {};
      const unsubscribe = serving.subscribe(() => wake());
      signal.addEventListener('abort', () => wake());
      try {
        for (let last: ServingStatus | undefined; !signal.aborted; ) {
          const changed = new Promise<void>((resolve) => {
            wake = resolve;
          });
          const now = current();
          if (now !== last) yield { status: now };
          last = now;
          // An open stream would delay the shutdown.
          if (serving.state() === 'stopping') return;
          if (current() === now && !signal.aborted) await changed;
        }
      } finally {
        unsubscribe();
      }
    },
  });
}
