import type { InboxService } from '../../../gen/otp/admin/v1/inbox_service_pb.js';
import type { Handlers } from '../../call/handlers.js';
import type { Previews } from '../../delivery/previews.js';
import type { Inbox } from '../../delivery/vendors/inbox/inbox.js';
import { Failure } from '../../errors.js';
import { inboxFilter } from './inboxFilter.js';
import { readChaos } from './readChaos.js';
import { readInboxPage } from './readInboxPage.js';
import { chaosToProto, messageToProto } from './toProto.js';
import { createWaitForCode, type WaitDeps } from './waitForCode.js';

interface Deps extends WaitDeps {
  readonly inbox: Inbox;
  readonly previews: Previews;
}

/** The development inbox as people and their end-to-end tests use it. */
export function createInboxHandlers(deps: Deps): Handlers<typeof InboxService> {
  const { messages, chaos } = deps.inbox;
  const waitForCode = createWaitForCode(deps);
  return {
    async listInboxMessages(_call, request) {
      const { sessionId, query } = request;
      const { items, nextPageToken } = await readInboxPage(
        messages,
        {
          ...inboxFilter(request),
          ...(sessionId && { sessionId }),
          ...(query && { query }),
        },
        request,
      );
      return { messages: await Promise.all(items.map(messageToProto)), nextPageToken };
    },

    async getLastCode(call, request) {
      const message = await waitForCode(call, request);
      if (!message) throw new Failure('NOT_FOUND', { message: 'No code has arrived for this recipient.' });
      return { code: message.code, message: await messageToProto(message) };
    },

    async previewInboxMessage(_call, { id }) {
      const [message] = await messages.find({ id }, 1);
      if (message?.html === undefined) throw new Failure('NOT_FOUND');
      return { path: await deps.previews.keep(message.html) };
    },

    async deleteInboxMessages(_call, { recipient }) {
      return { deleted: await messages.delete(inboxFilter({ recipient })) };
    },

    async getChaos() {
      return { chaos: chaosToProto(await chaos.read()) };
    },

    async updateChaos(_call, request) {
      const channels = readChaos(request.chaos?.channels ?? []);
      await chaos.replace(channels);
      return { chaos: chaosToProto(channels) };
    },
  };
}
