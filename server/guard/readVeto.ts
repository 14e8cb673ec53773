import type { MessageShape } from '@bufbuild/protobuf';
import { durationMs } from '@bufbuild/protobuf/wkt';
import type { VetoSchema } from '../../gen/otp/admin/v1/guard_service_pb.js';
import { invalid } from '../errors.js';
import type { Outbound } from '../outbound/outbound.js';
import type { Random } from '../platform/random.js';
import type { Encryption, Place } from '../secrets/encryption.js';
import { newWebhookSecret, webhookSecretFault } from '../secrets/tokens/standardWebhooks.js';
import type { VetoSettings } from './settings.js';

export const DEFAULT_TIMEOUT_MS = 1_000;

interface Parts {
  readonly outbound: Outbound;
  readonly encryption: Encryption;
  readonly random: Random;
}

/** Where the veto's secret of a workspace is sealed. */
export const vetoSecretPlace = (workspace: string): Place => ({
  collection: 'guards',
  id: workspace,
  field: 'veto.secret',
});

/** The veto as it is to be stored; undefined for none. `made`: the secret, where it is a new one of ours. */
interface ReadVeto {
  readonly veto: VetoSettings | undefined;
  readonly made: string;
}

/** Reads the veto a message gives. Throws INVALID_REQUEST. */
export function readVeto(
  { outbound, encryption, random }: Parts,
  workspace: string,
  given: MessageShape<typeof VetoSchema> | undefined,
  before: VetoSettings | undefined,
): ReadVeto {
  if (!given?.url) return { veto: undefined, made: '' };
  const fault = outbound.faultOf(given.url);
  if (fault) throw invalid('guard.veto.url', fault);
  const wrong = given.secret && webhookSecretFault(given.secret);
  if (wrong) throw invalid('guard.veto.secret', wrong);
  const made = given.secret || before ? '' : newWebhookSecret(random);
  const fresh = given.secret || made;
  return {
    veto: {
      url: given.url,
      secret: fresh ? encryption.seal(vetoSecretPlace(workspace), fresh) : before!.secret,
      timeoutMs: given.timeout ? durationMs(given.timeout) : DEFAULT_TIMEOUT_MS,
      failOpen: given.failOpen,
    },
    made,
  };
}
