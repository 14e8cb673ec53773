import type { MessageShape } from '@bufbuild/protobuf';
import { durationMs } from '@bufbuild/protobuf/wkt';
import type { VetoSchema } from '../../gen/otp/admin/v1/guard_service_pb.js';
import { invalid } from '../errors.js';
import type { Outbound } from '../outbound/outbound.js';
import { SECOND_MS } from '../platform/durations.js';
import { webhookSecretFault } from '../secrets/tokens/standardWebhooks.js';
import type { VetoSettings } from './stored.js';

export const DEFAULT_TIMEOUT_MS = SECOND_MS;

/** A veto as a message gives it, its secret in clear; empty where the message gives none. */
export type GivenVeto = Omit<VetoSettings, 'secret'> & { readonly secret: string };

/** Reads the veto a message gives; undefined for none. Throws INVALID_REQUEST. */
export function readVeto(
  outbound: Pick<Outbound, 'faultOf'>,
  given: MessageShape<typeof VetoSchema> | undefined,
): GivenVeto | undefined {
  if (!given?.url) return undefined;
  const urlFault = outbound.faultOf(given.url);
  if (urlFault) throw invalid('guard.veto.url', urlFault);
  const secretFault = given.secret && webhookSecretFault(given.secret);
  if (secretFault) throw invalid('guard.veto.secret', secretFault);
  return {
    url: given.url,
    secret: given.secret,
    timeoutMs: given.timeout ? durationMs(given.timeout) : DEFAULT_TIMEOUT_MS,
    failOpen: given.failOpen,
  };
}
