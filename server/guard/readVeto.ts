import type { MessageShape } from '@bufbuild/protobuf';
import { durationMs } from '@bufbuild/protobuf/wkt';
import type { VetoSchema } from '../../gen/otp/admin/v1/guard_service_pb.js';
import { invalid } from '../errors.js';
import type { Outbound } from '../outbound/outbound.js';
import type { Random } from '../random.js';
import type { Encryption, Place } from '../secrets/encryption.js';
import type { VetoSettings } from './settings.js';

const DEFAULT_TIMEOUT_MS = 1_000;
/** Standard Webhooks: 24 to 64 bytes. */
const SECRET_BYTES = { min: 24, max: 64 } as const;
const NEW_SECRET_BYTES = 32;
const SECRET_PREFIX = 'whsec_';

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
  if (given.secret) checkLength(given.secret);
  const made =
    given.secret || before ? '' : SECRET_PREFIX + random.bytes(NEW_SECRET_BYTES).toString('base64');
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

function checkLength(secret: string): void {
  const { length } = Buffer.from(secret.slice(SECRET_PREFIX.length), 'base64');
  if (length < SECRET_BYTES.min || length > SECRET_BYTES.max) {
    const { min, max } = SECRET_BYTES;
    throw invalid('guard.veto.secret', `must hold ${min} to ${max} bytes`);
  }
}
