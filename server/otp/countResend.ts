import type { RecipientRules } from '../admin/rules/rules.js';
import type { Workspaces } from '../admin/workspaces/workspaces.js';
import type { Call } from '../call/call.js';
import { addressField } from '../delivery/buildMessage.js';
import type { ChannelName } from '../domain/channels.js';
import { readEndUserIp } from '../domain/ipAddresses.js';
import { limitIdentity } from '../domain/limitIdentity.js';
import type { Guard } from '../guard/guard.js';
import { budgetsByPrefix, guardedPhones, phonePrefix } from '../guard/guardedPhones.js';
import type { Limiter } from '../limits/limiter.js';
import type { RecipientBudget } from '../limits/recipientBudget/recipientBudget.js';
import { accountOf } from '../limits/recipientBudget/release.js';
import type { Clock } from '../platform/clock.js';
import type { Fingerprints } from '../secrets/fingerprints.js';
import { channelsOf } from '../session/status.js';
import type { StoredSession } from '../session/stored.js';
import { idOf, workspaceOf } from '../store/documentId.js';
import { type Admitted, admit } from './send/admit.js';
import type { CodeMaker } from './send/freshCodes.js';
import { limitKeys, userIdOf } from './send/limitKeys.js';
import { recipientChannels } from './send/recipientChannels.js';
import { countedIp, type NamedSource, sourceOf } from './send/source.js';

export interface CountResendDeps {
  readonly workspaces: Workspaces;
  readonly rules: Pick<RecipientRules, 'check'>;
  readonly guard: Guard;
  readonly limiter: Limiter;
  readonly budget: RecipientBudget;
  readonly fingerprints: Fingerprints;
  readonly codes: Pick<CodeMaker, 'encryption'>;
  readonly clock: Clock;
}

/** A resend that is to be counted: of which channels, and from where. */
export interface CountedResend {
  readonly call: Call;
  readonly session: StoredSession;
  readonly channels: readonly ChannelName[];
  readonly from: NamedSource;
}

/** A resend counts as a send: the same guard, the same limits, the same budgets. Undefined where the session is not counted. */
export function createCountResend(
  deps: CountResendDeps,
): (resend: CountedResend) => Promise<Admitted | undefined> {
  const { fingerprints, codes } = deps;

  return async ({ call, session, channels, from }) => {
    if (session.uncounted) return undefined;
    const { workspace } = call.principal;
    const stored = JSON.parse(session.metadata) as { ip_address?: unknown };
    const ip =
      from.ip ?? (typeof stored.ip_address === 'string' ? readEndUserIp(stored.ip_address) : undefined);
    const source = sourceOf(fingerprints, workspace, from) ?? session.source;
    const { partition, mode, purpose, metadata, beneficiary, codeLength } = session;
    return admit(deps, call, {
      partition,
      subjects: channels.map((name) => subjectOf(session, name)),
      sending: {
        workspace,
        mode,
        client: call.principal.client,
        sessionId: idOf(session),
        resend: true,
        purpose,
        metadata,
        phones: guardedPhones(channelsOf(session).filter(([name]) => channels.includes(name))),
        source,
        budgets: budgetsByPrefix(
          channels.map((name) => ({
            prefix: session.channels[name]?.prefix,
            budget: accountOf(session, name).recipient,
          })),
        ),
      },
      counts: limitKeys(fingerprints, workspace, {
        ip: countedIp(ip),
        userId: userIdOf(metadata),
        beneficiary,
      }),
      purchase: {
        recipients: recipientChannels(channels.map((name) => [name, accountOf(session, name).recipient])),
        codeLength,
        mayLengthen: false,
        source,
        vouched: false,
        withoutBurst: beneficiary !== undefined,
      },
      workspace: await deps.workspaces.get(workspace),
    });
  };

  function subjectOf(session: StoredSession, channel: ChannelName) {
    const { recipient = '', address, country } = session.channels[channel] ?? {};
    const identity = () =>
      address &&
      codes.encryption
        .open({ collection: 'sessions', id: session._id, field: addressField(channel) }, address)
        .toLowerCase();
    const prefix = () => {
      const number = country && identity();
      return number ? phonePrefix(fingerprints, workspaceOf(session), limitIdentity(number)) : undefined;
    };
    const { recipient: budget } = accountOf(session, channel);
    return { channel, budget, fingerprints: () => [recipient], prefix, identity };
  }
}
