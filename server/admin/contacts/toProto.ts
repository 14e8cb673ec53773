import type { MessageInitShape } from '@bufbuild/protobuf';
import { timestampFromDate } from '@bufbuild/protobuf/wkt';
import type { ContactSchema } from '../../../gen/otp/admin/v1/contact_service_pb.js';
import { CHANNELS, channelEnum } from '../../domain/channels.js';
import type { Encryption } from '../../secrets/encryption.js';
import { idOf } from '../../store/documentId.js';
import { contactAddressPlace, type StoredContact } from './stored.js';

/** A contact as the contract shows it, its address opened. */
export function contactToProto(
  contact: StoredContact,
  encryption: Encryption,
): MessageInitShape<typeof ContactSchema> {
  const { _id, address, masked, channels } = contact;
  return {
    id: idOf(contact),
    address: encryption.open(contactAddressPlace(_id), address),
    maskedAddress: masked,
    channels: CHANNELS.flatMap((name) => {
      const at = channels[name];
      return at ? [{ channel: channelEnum(name), lastVerifiedAt: timestampFromDate(at) }] : [];
    }),
    firstVerifiedAt: timestampFromDate(contact.firstVerifiedAt),
    lastVerifiedAt: timestampFromDate(contact.lastVerifiedAt),
    lastSessionId: contact.lastSessionId,
  };
}
