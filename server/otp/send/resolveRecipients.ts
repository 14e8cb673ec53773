import type { SendRequest } from '../../../gen/otp/v1/otp_service_pb.js';
import type { Sponsors } from '../../admin/sponsors/sponsors.js';
import { CHANNELS, type ChannelName, channelName } from '../../domain/channels.js';
import { type Recipient, readRecipient } from '../../domain/recipients.js';
import { Failure, invalid } from '../../errors.js';
import { storedOperation } from '../operation.js';
import type { AddressedSend, ClaimedSend } from './context.js';

export interface ResolveRecipientsDeps {
  readonly sponsors: Sponsors;
}

/**
 * The recipients of a Send in normal form: those it names, or the addresses a
 * sponsor has on file for its beneficiary. Throws INVALID_REQUEST,
 * INVALID_RECIPIENT or CHANNEL_NOT_SUPPORTED naming the field, and what the
 * sponsor's rules refuse with.
 */
export function createResolveRecipients({ sponsors }: ResolveRecipientsDeps) {
  return async function resolveRecipients(send: ClaimedSend): Promise<AddressedSend> {
    const { call, request } = send;
    const { beneficiary, operation } = request;
    const wanted = parseChannels(request);
    if (!beneficiary) return addressed(send, namedRecipients(request, wanted));
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
    return Object.assign(addressed(send, recipients), { beneficiary: { sponsorSlug, beneficiaryId } });
  };
}

const addressed = (send: ClaimedSend, recipients: readonly Recipient[]): AddressedSend =>
  Object.assign(send, { recipients, channels: recipients.map(({ channel }) => channel) });

function parseChannels({ channels }: SendRequest): ChannelName[] {
  return channels.map((channel, index) => {
    const name = channelName(channel);
    if (name) return name;
    throw invalid(`channels[${index}]`, 'must be a channel of this service', 'CHANNEL_NOT_SUPPORTED');
  });
}

function namedRecipients({ recipients }: SendRequest, wanted: readonly ChannelName[]): Recipient[] {
  const given = CHANNELS.filter((name) => recipients?.[name]);
  const chosen = wanted.length > 0 ? CHANNELS.filter((name) => wanted.includes(name)) : given;
  if (chosen.length === 0) throw invalid('recipients', 'must name at least one recipient');
  for (const name of given) {
    if (!chosen.includes(name))
      throw invalid(`recipients.${name}`, 'must be left out for a channel that is not in channels');
  }
  return chosen.map((name) => {
    const text = recipients?.[name];
    if (!text) throw invalid(`recipients.${name}`, 'must be given for a channel in channels');
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
