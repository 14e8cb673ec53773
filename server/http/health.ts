import type { Clock } from '../platform/clock.js';
import { sendJson } from './respond.js';
import type { ExactRoute } from './router.js';

/** What decides whether this process should be sent requests. */
export interface Readiness {
  state(): 'starting' | 'ready' | 'stopping';
  /** What operators should know; does not change the status. */
  details(): readonly string[];
  /** Rejects while the store cannot be used. */
  check(): Promise<unknown>;
}

/**
 * `GET /healthz`: 200 as long as the process lives; asks nothing else, since
 * restarting it would not repair a store that is down.
 * `GET /readyz`: 200 `{"status":"ready"}`, or 503 with `starting`, `stopping`
 * or, where the store does not respond within `limitMs`, `unavailable`; with
 * `details` where the setup has a fault that operators should know.
 */
export function healthRoutes(readiness: Readiness, clock: Clock, limitMs: number): ExactRoute[] {
  const storeResponds = shared(() => within(limitMs, clock, () => readiness.check()));
  return [
    { method: 'GET', path: '/healthz', handle: (req, res) => sendJson(req, res, 200, { status: 'alive' }) },
    {
      method: 'GET',
      path: '/readyz',
      async handle(req, res) {
        const usable = readiness.state() === 'ready' && (await storeResponds());
        // Read again: the state may have changed while the store was asked.
        const state = readiness.state();
        const status = state === 'ready' && !usable ? 'unavailable' : state;
        const details = readiness.details();
        sendJson(req, res, status === 'ready' ? 200 : 503, {
          status,
          ...(details.length > 0 && { details }),
        });
      },
    },
  ];
}

/** Callers while one run is under way share it: anyone may ask, and the store must not feel how often. */
function shared<T>(run: () => Promise<T>): () => Promise<T> {
  let running: Promise<T> | undefined;
  return () => {
    running ??= run().finally(() => {
      running = undefined;
    });
    return running;
  };
}

/** Whether a check succeeds in time. */
function within(limitMs: number, clock: Clock, check: () => Promise<unknown>): Promise<boolean> {
  return new Promise((resolve) => {
    const cancel = clock.after(limitMs, () => resolve(false));
    const settle = (responded: boolean) => {
      cancel();
      resolve(responded);
    };
    Promise.resolve()
      .then(check)
      .then(
        () => settle(true),
        () => settle(false),
      );
  });
}
