import type { Senders } from '../../admin/senders/senders.js';
import { traceOf } from '../../call/call.js';
import { limitIdentity } from '../../domain/limitIdentity.js';
import type { Recipient } from '../../domain/recipients.js';
import { phonePrefix } from '../../guard/guardedPhones.js';
import type { Fingerprints } from '../../secrets/fingerprints.js';
import type { IdentifiedRecipient, IdentifiedSend, ParsedSend } from './context.js';
import type { CodeMaker } from './freshCodes.js';
import { scenarioOf } from './sandbox.js';
import { sourceOf } from './source.js';

export interface IdentifyRecipientsDeps {
  readonly senders: Senders;
  readonly fingerprints: Fingerprints;
  readonly codes: Pick<CodeMaker, 'encryption'>;
  /** Whether a webhook endpoint is subscribed to the partition's sessions. */
  readonly listening: (partition: string) => Promise<boolean>;
}

/** Gives each recipient its fingerprint and its sender. Throws SENDER_NOT_ALLOWED. */
export function createIdentifyRecipients({
  senders,
  fingerprints,
  listening,
  codes,
}: IdentifyRecipientsDeps) {
  /** What the caller said of the person or of its own request, as the session keeps it. */
  function sealed(id: string, field: 'requestId' | 'endUserIp', text: string) {
    return text && { [field]: codes.encryption.seal({ collection: 'sessions', id, field }, text) };
  }

  return async function identifyRecipients(send: ParsedSend): Promise<IdentifiedSend> {
    const { call, request, mode, partition, sessionId, recipients, channels, beneficiary } = send;
    const { workspace, client } = call.principal;
    const _id = `${workspace}/${sessionId}`;
    const chosen = await senders.choose(workspace, request.senderId, channels);
    const identified = (recipient: Recipient): IdentifiedRecipient => {
      const { identity, channel, country } = recipient;
      const sender = chosen.get(channel);
      const limited = limitIdentity(identity);
      const fingerprint = fingerprints.recipient(workspace, identity);
      return {
        fingerprint,
        budget: limited === identity ? fingerprint : fingerprints.recipient(workspace, limited),
        ...recipient,
        ...(country && mode === 'live' && { prefix: phonePrefix(fingerprints, workspace, limited) }),
        ...(sender !== undefined && { sender }),
      };
    };
    return Object.assign(send, {
      scenario: mode === 'test' ? scenarioOf(recipients) : undefined,
      source: sourceOf(fingerprints, workspace, send.from),
      recipients: recipients.map(identified),
      owner: {
        _id,
        partition,
        mode,
        client,
        ...sealed(_id, 'requestId', request.requestId),
        ...sealed(_id, 'endUserIp', request.endUserIp),
        ...(request.vouched && { vouched: true as const }),
        ...traceOf(call),
        ...(beneficiary && { beneficiary }),
        ...((await listening(partition)) && { notify: true as const }),
      },
    });
  };
}
