import type { GuardService } from '../../gen/otp/admin/v1/guard_service_pb.js';
import { GuardSchema } from '../../gen/otp/admin/v1/guard_service_pb.js';
import { addUp, pageOf } from '../admin/refusals/list.js';
import { createReadRefusals } from '../admin/refusals/read.js';
import type { Refusals } from '../admin/refusals/refusals.js';
import { modeName } from '../admin/shared/mode.js';
import { requireLive, targetMode, targetWorkspace } from '../admin/shared/target.js';
import { applyUpdateMask, toUpdate } from '../admin/shared/update.js';
import type { Wallet } from '../admin/wallet/wallet.js';
import type { Workspaces } from '../admin/workspaces/workspaces.js';
import type { Handlers } from '../call/handlers.js';
import type { Config } from '../config/config.js';
import { channelName } from '../domain/channels.js';
import { partitionOf } from '../domain/principal.js';
import { readRecipient } from '../domain/recipients.js';
import { Failure, invalid } from '../errors.js';
import type { FairPool } from '../fairness/fairPool.js';
import type { Logger } from '../observe/log.js';
import type { Outbound } from '../outbound/outbound.js';
import type { Clock } from '../platform/clock.js';
import type { Random } from '../platform/random.js';
import type { Encryption } from '../secrets/encryption.js';
import type { Fingerprints } from '../secrets/fingerprints.js';
import type { Collection, Documents, Update } from '../store/documents.js';
import { insertOnce } from '../store/insertOnce.js';
import { createAnalysisHandlers } from './analysisHandlers.js';
import { evaluateCountry, evaluateLists, evaluatePrefix, evaluateWorkspace } from './evaluateRules.js';
import { phonePrefix } from './guardedPhones.js';
import { CHANGEABLE, readGuard } from './readGuard.js';
import { readVeto } from './readVeto.js';
import { rollingTotal } from './rollingCount.js';
import { type GuardReader, inForce } from './settings.js';
import type { PrefixTally, StoredGuard } from './stored.js';
import type { Tallies } from './tally.js';
import { guardToProto, isRefusedByGuard, recipientToProto, refusalToProto, rulesToProto } from './toProto.js';
import { sealVetoSecret } from './vetoSecret.js';

interface Deps {
  readonly config: Pick<Config, 'env'>;
  readonly documents: Documents;
  readonly workspaces: Workspaces;
  readonly guardReader: GuardReader;
  readonly tallies: Tallies;
  readonly refusals: Refusals;
  readonly wallet: Wallet;
  readonly outbound: Outbound;
  readonly encryption: Encryption;
  readonly fingerprints: Fingerprints;
  readonly random: Random;
  readonly listing: FairPool;
  readonly log: Logger;
  readonly clock: Clock;
}

/** The operator's side of the guard. */
export function createGuardHandlers(deps: Deps): Handlers<typeof GuardService> {
  const { config, guardReader, tallies, fingerprints, clock } = deps;
  const stored: Collection<StoredGuard> = deps.documents.collection('guards');
  const readRefusals = createReadRefusals(deps);

  async function guardOf(workspace: string) {
    if (!(await deps.workspaces.exists(workspace))) throw new Failure('NOT_FOUND');
    return inForce(await stored.findOne({ _id: workspace }), config.env);
  }

  async function change(_id: string, update: Update): Promise<StoredGuard> {
    for (;;) {
      const changed = await stored.findOneAndUpdate({ _id }, update);
      if (changed) return changed;
      await insertOnce(stored, { _id });
    }
  }

  return {
    ...createAnalysisHandlers({ ...deps, guardOf, readRefusals }),

    async getGuard(call, request) {
      return { guard: guardToProto(await guardOf(targetWorkspace(call, request.workspace))) };
    },

    async updateGuard(call, request) {
      requireLive(call);
      const workspace = targetWorkspace(call, request.workspace);
      call.resource = 'guard';
      const before = await guardOf(workspace);
      const { resource, fields } = applyUpdateMask(GuardSchema, {
        current: guardToProto(before),
        patch: request.guard,
        mask: request.updateMask,
        changeable: Object.keys(CHANGEABLE),
        resource: 'guard',
      });
      const named = fields.map((field) => CHANGEABLE[field as keyof typeof CHANGEABLE]);
      const given = named.includes('veto') ? readVeto(deps.outbound, resource.veto) : undefined;
      const secret = given && sealVetoSecret(deps, workspace, { given: given.secret, before: before.veto });
      const veto = given && { ...given, secret: secret!.sealed };
      const values = { ...readGuard(resource, config.env), veto };
      const after = await change(
        workspace,
        toUpdate(Object.fromEntries(named.map((field) => [field, values[field]]))),
      );
      guardReader.forget(workspace);
      return { guard: guardToProto(inForce(after, config.env)), vetoSecret: secret?.generated ?? '' };
    },

    async checkRecipient(call, request) {
      const workspace = targetWorkspace(call, request.workspace);
      const rules = await guardOf(workspace);
      const channel = request.channel ? channelName(request.channel) : 'sms';
      if (!channel || channel === 'email') throw invalid('channel', 'must be one that phones have');
      const phone = readRecipient(channel, request.recipient);
      if (!phone?.country)
        throw invalid('recipient', 'must be an international phone number', 'INVALID_RECIPIENT');
      const { masked, country, numberType, identity } = phone;
      const prefix = phonePrefix(fingerprints, workspace, identity);
      const now = clock.now();
      const partition = partitionOf({ workspace, mode: call.principal.mode });
      const found = await tallies.read(partition, { prefix, country });
      const message = { prefix, country, price: await deps.wallet.priceOf(workspace, channel) };
      const refusing = [
        ...evaluateLists(rules, { country, ...(numberType && { numberType }) }),
        ...evaluatePrefix(rules, found.prefix ?? {}, { more: 1, own: 0, now }),
        ...evaluateCountry(rules, found.country ?? {}, { more: 1, own: 0, now }),
        ...evaluateWorkspace(rules, found.workspace ?? {}, { messages: [message], own: false, now }),
      ];
      const { minSends, windowSeconds } = rules.approvalRate;
      const counted: Partial<PrefixTally> = (minSends > 0 && found.prefix) || {};
      const recipient = fingerprints.recipient(workspace, identity);
      return {
        recipient: recipientToProto({
          channel,
          masked,
          recipient,
          prefix,
          country,
          ...(numberType && { numberType }),
        }),
        rules: rulesToProto(refusing.map(({ rule }) => rule)),
        prefixSends: rollingTotal(counted.sends, windowSeconds, now),
        prefixApprovals: rollingTotal(counted.approvals, windowSeconds, now),
      };
    },

    async listRefusedSends(call, request) {
      const workspace = targetWorkspace(call, request.workspace);
      const mode = targetMode(call, modeName(request.mode));
      if (mode === 'test') return { refusedSends: [], nextPageToken: '' };
      const rows = addUp(await readRefusals({ workspace, mode }));
      const { page, nextPageToken } = pageOf(rows.filter(isRefusedByGuard), request);
      return { refusedSends: page.map(refusalToProto), nextPageToken };
    },
  };
}
