import type { SendRequest } from '../../../gen/otp/v1/otp_service_pb.js';
import type { Sponsors } from '../../admin/sponsors/sponsors.js';
import type { Call } from '../../call/call.js';
import { CHANNELS, type ChannelName, channelName } from '../../domain/channels.js';
import { type Recipient, readRecipient } from '../../domain/recipients.js';
import { Failure, invalid } from '../../errors.js';
import type { StoredBeneficiary } from '../../session/stored.js';
import { storedOperation } from './parseOptions.js';

/** Whom a Send goes to. */
export interface Addressees {
  /** In channel order, at least one. */
  readonly recipients: readonly Recipient[];
  /** The person whose addresses on file these are, where the request named one. */
  readonly beneficiary?: StoredBeneficiary;
}

/**
 * Finds out whom a Send goes to: the recipients it names, or the addresses a
 * sponsor has on file. Throws INVALID_REQUEST, INVALID_RECIPIENT or
 * CHANNEL_NOT_SUPPORTED naming the field, and what a sponsor's rules say.
 */
export async function addressees(sponsors: Sponsors, call: Call, request: SendRequest): Promise<Addressees> {
  const wanted = readChannels(request);
  const { beneficiary, operation } = request;
  if (!beneficiary) return { recipients: named(request, wanted) };
  if (request.recipients && CHANNELS.some((name) => request.recipients?.[name])) {
    throw invalid('beneficiary', 'must not be given together with recipients');
  }
  const { sponsorSlug, beneficiaryId } = beneficiary;
  const { recipients } = await sponsors.resolve({
    workspace: call.principal.workspace,
    client: call.principal.client,
    sponsorSlug,
    beneficiaryId,
    channels: wanted.length > 0 ? wanted : 'default',
    operation: operation && storedOperation(operation),
  });
  return { recipients, beneficiary: { sponsorSlug, beneficiaryId } };
}

function readChannels({ channels }: SendRequest): ChannelName[] {
  return channels.map((channel, index) => {
    const name = channelName(channel);
    if (name) return name;
    throw invalid(`channels[${index}]`, 'is not a channel of this service', 'CHANNEL_NOT_SUPPORTED');
  });
}

function named({ recipients }: SendRequest, wanted: readonly ChannelName[]): Recipient[] {
  const given = CHANNELS.filter((name) => recipients?.[name]);
  const chosen = wanted.length > 0 ? CHANNELS.filter((name) => wanted.includes(name)) : given;
  if (chosen.length === 0) throw invalid('recipients', 'names no recipient');
  for (const name of given) {
    if (!chosen.includes(name))
      throw invalid(`recipients.${name}`, 'is given for a channel that is not in channels');
  }
  return chosen.map((name) => {
    const text = recipients?.[name];
    if (!text) throw invalid(`recipients.${name}`, 'is missing for a channel in channels');
    const recipient = readRecipient(name, text);
    if (recipient) return recipient;
    const form =
      name === 'email' ? 'an e-mail address' : 'a phone number in international form, such as +573001234542';
    throw new Failure('INVALID_RECIPIENT', {
      channel: name,
      violations: [{ field: `recipients.${name}`, description: `must be ${form}` }],
    });
  });
}
