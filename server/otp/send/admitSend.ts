import { guardedPhones } from '../../guard/guardedPhones.js';
import type { Fingerprints } from '../../secrets/fingerprints.js';
import { type AdmitDeps, admit } from './admit.js';
import type { PooledSend } from './context.js';
import { limitKeys } from './limitKeys.js';

export interface AdmitSendDeps extends AdmitDeps {
  readonly fingerprints: Fingerprints;
}

/** Admits a Send; one to a sandbox recipient counts against nothing. Throws SEND_REFUSED or RATE_LIMITED. */
export function createAdmitSend(deps: AdmitSendDeps) {
  return async function admitSend(send: PooledSend): Promise<void> {
    const { call, request, workspace, mode, partition, sessionId, options, scenario, undo } = send;
    if (scenario) return;
    const { recipients, beneficiary } = send;
    const { purpose, metadata, userId } = options;
    const { workspace: name, client } = call.principal;
    const giveBack = await admit(deps, call, {
      partition,
      sending: {
        workspace: name,
        mode,
        client,
        sessionId,
        resend: false,
        purpose,
        metadata,
        phones: guardedPhones(
          recipients.map(({ channel, ...one }) => [channel, { ...one, recipient: one.fingerprint }]),
        ),
      },
      counts: limitKeys(deps.fingerprints, name, {
        ip: request.endUserIp || undefined,
        userId,
        recipients: recipients.map(({ fingerprint }) => fingerprint),
        beneficiary,
      }),
      overrides: workspace.limits,
    });
    undo.push(giveBack);
  };
}
