import { limitIdentity } from '../../domain/limitIdentity.js';
import { budgetsByPrefix, guardedPhones, phonePrefix } from '../../guard/guardedPhones.js';
import type { Fingerprints } from '../../secrets/fingerprints.js';
import { type AdmitDeps, admit } from './admit.js';
import type { AdmittedSend, PooledSend } from './context.js';
import { limitKeys } from './limitKeys.js';
import { recipientChannels } from './recipientChannels.js';
import { countedIp } from './source.js';

export interface AdmitSendDeps extends AdmitDeps {
  readonly fingerprints: Fingerprints;
}

/**
 * Admits a Send; one to a sandbox recipient counts against nothing. Throws
 * SEND_REFUSED, RATE_LIMITED or RECIPIENT_BLOCKED.
 */
export function createAdmitSend(deps: AdmitSendDeps) {
  return async function admitSend(send: PooledSend): Promise<AdmittedSend> {
    const { call, request, workspace, mode, partition, sessionId, options, scenario, undo } = send;
    if (scenario) return Object.assign(send, { now: deps.clock.now(), bought: undefined });
    const { recipients, beneficiary, source, from } = send;
    const { purpose, metadata, userId, codeLength, mayLengthen } = options;
    const { workspace: name, client } = call.principal;
    const { bought, giveBack } = await admit(deps, call, {
      partition,
      subjects: recipients.map(({ channel, identity, budget, country }) => ({
        channel,
        budget,
        fingerprints: () => deps.fingerprints.recipientCandidates(name, identity),
        prefix: () => (country ? phonePrefix(deps.fingerprints, name, limitIdentity(identity)) : undefined),
        identity: () => identity,
      })),
      sending: {
        workspace: name,
        mode,
        client,
        sessionId,
        resend: false,
        purpose,
        metadata,
        phones: guardedPhones(recipients.map((one) => [one.channel, { recipient: one.fingerprint, ...one }])),
        source,
        budgets: budgetsByPrefix(recipients),
      },
      counts: limitKeys(deps.fingerprints, name, { ip: countedIp(from.ip), userId, beneficiary }),
      purchase: {
        recipients: recipientChannels(recipients.map(({ channel, budget }) => [channel, budget])),
        codeLength,
        mayLengthen,
        source,
        vouched: request.vouched,
        withoutBurst: beneficiary !== undefined,
      },
      workspace,
    });
    undo.push(giveBack);
    return Object.assign(send, {
      options: { ...options, codeLength: bought.codeLength },
      now: bought.at,
      bought,
    });
  };
}
