import type { Logger } from '../observe/log.js';
import type { Metrics } from '../observe/metrics/index.js';
import type { Clock } from '../platform/clock.js';
import { DAY_MS } from '../platform/durations.js';
import type { Collection } from '../store/documents.js';
import { WEBHOOK_LIMITS } from './limits.js';
import { isAccepted } from './post.js';
import type { StoredAttempt, StoredEndpoint } from './stored.js';

/** Records what delivery attempts show about an endpoint itself, and disables one that is gone or fails for days. */
export interface EndpointHealth {
  /** Records an attempt at the endpoint as it was read before. Returns whether the endpoint is disabled now. */
  record(seen: StoredEndpoint, attempt: StoredAttempt): Promise<boolean>;
}

interface Deps {
  readonly endpoints: Collection<StoredEndpoint>;
  readonly metrics: Pick<Metrics, 'webhooksDisabled'>;
  readonly clock: Clock;
  readonly log: Logger;
}

/** Whether an endpoint accepted nothing in the last delivery attempts. */
export const isFailing = ({ failures = 0 }: Pick<StoredEndpoint, 'failures'>): boolean =>
  failures >= WEBHOOK_LIMITS.disableAfterAttempts;

export function createEndpointHealth({ endpoints, metrics, clock, log }: Deps): EndpointHealth {
  const GONE = 410;

  /** The URL may have changed meanwhile: of the new one the attempt shows nothing. */
  const same = ({ _id, url }: StoredEndpoint) => ({ _id, url, disabledAt: null });

  async function failed(seen: StoredEndpoint, at: Date): Promise<StoredEndpoint | null> {
    const first = await endpoints.findOneAndUpdate(
      { ...same(seen), failingSince: null },
      { $set: { failingSince: at, failures: 1 } },
    );
    return first ?? endpoints.findOneAndUpdate(same(seen), { $inc: { failures: 1 } });
  }

  async function disable(
    seen: StoredEndpoint,
    disabledReason: 'FAILING' | 'GONE',
    sinceWhen: { readonly failingSince?: Date },
  ): Promise<boolean> {
    const disabled = await endpoints.findOneAndUpdate(
      { ...same(seen), ...sinceWhen },
      { $set: { disabledAt: new Date(clock.now()), disabledReason } },
    );
    if (!disabled) return false;
    metrics.webhooksDisabled.add({ reason: disabledReason });
    log.warn({ endpoint: seen._id, reason: disabledReason }, 'webhook endpoint disabled');
    return true;
  }

  return {
    async record(seen, attempt) {
      if (isAccepted(attempt)) {
        if (seen.failingSince)
          await endpoints.findOneAndUpdate(same(seen), { $unset: { failingSince: '', failures: '' } });
        return false;
      }
      if (attempt.status === GONE) return disable(seen, 'GONE', {});
      const now = await failed(seen, attempt.at);
      const { failingSince, failures = 0 } = now ?? {};
      if (!failingSince || failures < WEBHOOK_LIMITS.disableAfterAttempts) return false;
      const days = (clock.now() - failingSince.getTime()) / DAY_MS;
      return days >= WEBHOOK_LIMITS.disableAfterDays && disable(seen, 'FAILING', { failingSince });
    },
  };
}
