import type { Mode } from '../../../gen/otp/admin/v1/api_key_service_pb.js';
import type { ContactService } from '../../../gen/otp/admin/v1/contact_service_pb.js';
import { Channel } from '../../../gen/otp/v1/session_pb.js';
import type { Call } from '../../call/call.js';
import type { Handlers } from '../../call/handlers.js';
import { partitionOf } from '../../domain/principal.js';
import { Failure } from '../../errors.js';
import type { Encryption } from '../../secrets/encryption.js';
import type { Fingerprints } from '../../secrets/fingerprints.js';
import type { Collection, Documents, Filter } from '../../store/documents.js';
import { namedChannel } from '../shared/channel.js';
import { modeName } from '../shared/mode.js';
import { readPage } from '../shared/paging.js';
import { namedRecipient } from '../shared/recipient.js';
import { targetMode, targetWorkspace } from '../shared/target.js';
import type { StoredContact } from './stored.js';
import { contactToProto } from './toProto.js';

/** The operator's side of contacts. */
export function createContactHandlers(
  documents: Documents,
  encryption: Encryption,
  fingerprints: Fingerprints,
): Handlers<typeof ContactService> {
  const stored: Collection<StoredContact> = documents.collection('contacts');

  function target(call: Call, request: { workspace: string; mode: Mode }) {
    const workspace = targetWorkspace(call, request.workspace);
    const mode = targetMode(call, modeName(request.mode));
    return { workspace, prefix: `${partitionOf({ workspace, mode })}/` };
  }

  async function find(call: Call, request: { workspace: string; mode: Mode; id: string }) {
    const contact = await stored.findOne({ _id: target(call, request).prefix + request.id });
    if (!contact) throw new Failure('NOT_FOUND');
    call.resource = `contacts/${request.id}`;
    return contact;
  }

  const show = (contact: StoredContact) => contactToProto(contact, encryption);

  return {
    async getContact(call, request) {
      return { contact: show(await find(call, request)) };
    },

    async listContacts(call, request) {
      const { workspace, prefix } = target(call, request);
      const filter: Filter =
        request.channel === Channel.UNSPECIFIED
          ? {}
          : { [`channels.${namedChannel(request.channel)}`]: { $exists: true } };
      if (request.recipient) {
        const { identity } = namedRecipient(request.recipient);
        const ids = fingerprints.recipientCandidates(workspace, identity).map((who) => prefix + who);
        const found = await stored.find({ ...filter, _id: { $in: ids } }).toArray();
        return { contacts: found.map(show), nextPageToken: '' };
      }
      const { items, nextPageToken } = await readPage(stored, { prefix, filter }, request);
      return { contacts: items.map(show), nextPageToken };
    },

    async deleteContact(call, request) {
      const { _id } = await find(call, request);
      if ((await stored.deleteOne({ _id })) === 0) throw new Failure('NOT_FOUND');
      return {};
    },
  };
}
