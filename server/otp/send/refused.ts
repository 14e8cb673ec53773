import { noteRefusal, type RefusedFor } from '../../admin/refusals/noteRefusal.js';
import type { Refusals } from '../../admin/refusals/refusals.js';
import { CHANNELS } from '../../domain/channels.js';
import { readRecipient } from '../../domain/recipients.js';
import type { Clock } from '../../platform/clock.js';
import type { Fingerprints } from '../../secrets/fingerprints.js';
import type { BegunSend, IdentifiedSend } from './context.js';

export interface SendRefusedDeps {
  readonly refusals: Refusals;
  readonly fingerprints: Fingerprints;
  readonly clock: Clock;
}

/** Counts a refused Send for its recipients, as far as they are known when it is refused. */
export function createSendRefused({ refusals, fingerprints, clock }: SendRefusedDeps) {
  return (send: BegunSend | IdentifiedSend, thrown: unknown): void => {
    const { partition } = send;
    const { client, workspace } = send.call.principal;
    const known: RefusedFor[] = recipientsOf(send).map((one) => {
      const { channel, identity, masked, country, numberType } = one;
      return {
        partition,
        client,
        recipient: fingerprints.recipient(workspace, identity),
        channel,
        masked,
        ...(country && { country }),
        ...(numberType && { numberType }),
        ...('prefix' in one && one.prefix && { prefix: one.prefix }),
      };
    });
    const recipients = known.length > 0 ? known : [{ partition, client, recipient: '', masked: '' }];
    noteRefusal(refusals, thrown, { recipients, purpose: send.request.purpose, now: clock.now() });
  };
}

function recipientsOf(send: BegunSend | IdentifiedSend) {
  if ('recipients' in send) return send.recipients;
  const named = send.request.recipients;
  return CHANNELS.flatMap((channel) => readRecipient(channel, named?.[channel] ?? '') ?? []);
}
