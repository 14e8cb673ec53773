import { SenderSchema, type SenderService } from '../../../gen/otp/admin/v1/sender_service_pb.js';
import { Channel } from '../../../gen/otp/v1/session_pb.js';
import type { Call } from '../../call/call.js';
import type { Handlers } from '../../call/handlers.js';
import { unfitForLine } from '../../domain/messageText.js';
import { Failure, invalid } from '../../errors.js';
import type { Clock } from '../../platform/clock.js';
import type { Collection, Documents } from '../../store/documents.js';
import { insertOnce } from '../../store/insertOnce.js';
import { namedChannel } from '../shared/channel.js';
import { readPage } from '../shared/paging.js';
import { requireLive, targetWorkspace } from '../shared/target.js';
import { applyUpdateMask, toUpdate } from '../shared/update.js';
import type { Workspaces } from '../workspaces/workspaces.js';
import { readSenderId, SENDER_FORMS } from './senderIds.js';
import type { Senders } from './senders.js';
import { isLaterDefault, type StoredSender, sendersOf } from './stored.js';
import { senderToProto } from './toProto.js';

const CHANGEABLE = ['display_name', 'is_default'];

function checkName(displayName: string): void {
  const unfit = unfitForLine(displayName);
  if (unfit) throw invalid('sender.display_name', unfit);
}

/** The operator's side of senders. */
export function createSenderHandlers(
  documents: Documents,
  senders: Senders,
  workspaces: Workspaces,
  clock: Clock,
): Handlers<typeof SenderService> {
  const stored: Collection<StoredSender> = documents.collection('senders');

  /** The `_id` a request is about; undefined where no sender can have that id. */
  function address(call: Call, request: { workspace: string; channel: Channel; senderId: string }) {
    const workspace = targetWorkspace(call, request.workspace);
    const channel = namedChannel(request.channel);
    const senderId = readSenderId(channel, request.senderId);
    if (senderId === undefined) throw new Failure('NOT_FOUND');
    call.resource = `senders/${channel}/${senderId}`;
    return { workspace, _id: `${workspace}/${channel}/${senderId}` };
  }

  async function find(_id: string): Promise<StoredSender> {
    const sender = await stored.findOne({ _id });
    if (!sender) throw new Failure('NOT_FOUND');
    return sender;
  }

  /**
   * Makes a sender the default of its channel, after any that is it now, and
   * ends the others. Of several made default at once one stays, the same for
   * everyone, whichever of them calls first.
   */
  async function makeDefault(workspace: string, { _id, channel }: StoredSender): Promise<void> {
    const rivals = async () =>
      (await sendersOf(stored, workspace, channel)).filter((one) => one.defaultAt && one._id !== _id);
    const latest = Math.max(0, ...(await rivals()).map(({ defaultAt }) => defaultAt!.getTime()));
    const at = new Date(Math.max(clock.now(), latest + 1));
    const mine = await stored.findOneAndUpdate({ _id }, { $set: { defaultAt: at } });
    if (!mine) throw new Failure('NOT_FOUND');
    for (const rival of await rivals()) {
      const loser = isLaterDefault(rival, mine) ? mine : rival;
      const seen = { _id: loser._id, defaultAt: loser.defaultAt as Date };
      await stored.findOneAndUpdate(seen, { $unset: { defaultAt: '' } });
    }
  }

  async function shown(workspace: string, sender: StoredSender) {
    return { sender: senderToProto(sender, await sendersOf(stored, workspace, sender.channel)) };
  }

  return {
    async createSender(call, request) {
      requireLive(call);
      const workspace = targetWorkspace(call, request.workspace);
      const { channel: given, senderId: text, displayName, isDefault } = request.sender!;
      const channel = namedChannel(given, 'sender.channel');
      const senderId = readSenderId(channel, text);
      if (senderId === undefined) throw invalid('sender.sender_id', `must be ${SENDER_FORMS[channel]}`);
      checkName(displayName);
      call.resource = `senders/${channel}/${senderId}`;
      if (!(await workspaces.exists(workspace))) throw new Failure('NOT_FOUND');
      const sender: StoredSender = {
        _id: `${workspace}/${channel}/${senderId}`,
        channel,
        senderId,
        ...(displayName && { displayName }),
        createdAt: new Date(clock.now()),
      };
      if (!(await insertOnce(stored, sender))) throw new Failure('ALREADY_EXISTS');
      if (isDefault) await makeDefault(workspace, sender);
      senders.forget(workspace);
      return shown(workspace, await find(sender._id));
    },

    async getSender(call, request) {
      const { workspace, _id } = address(call, request);
      return shown(workspace, await find(_id));
    },

    async listSenders(call, request) {
      const workspace = targetWorkspace(call, request.workspace);
      const channel = request.channel === Channel.UNSPECIFIED ? undefined : namedChannel(request.channel);
      const prefix = channel ? `${workspace}/${channel}/` : `${workspace}/`;
      const { items, nextPageToken } = await readPage(stored, { prefix }, request);
      const all = await sendersOf(stored, workspace, channel);
      return { senders: items.map((sender) => senderToProto(sender, all)), nextPageToken };
    },

    async updateSender(call, request) {
      requireLive(call);
      const { workspace, _id } = address(call, {
        workspace: request.workspace,
        channel: request.sender?.channel ?? Channel.UNSPECIFIED,
        senderId: request.sender?.senderId ?? '',
      });
      const before = await find(_id);
      const { resource, fields } = applyUpdateMask(SenderSchema, {
        current: senderToProto(before, [before]),
        patch: request.sender,
        mask: request.updateMask,
        changeable: CHANGEABLE,
        resource: 'sender',
      });
      const { displayName, isDefault } = resource;
      if (fields.includes('display_name')) checkName(displayName);
      const changes = {
        ...(fields.includes('display_name') && { displayName: displayName || undefined }),
        ...(fields.includes('is_default') && !isDefault && { defaultAt: undefined }),
      };
      if (Object.keys(changes).length > 0) await stored.findOneAndUpdate({ _id }, toUpdate(changes));
      if (fields.includes('is_default') && isDefault) await makeDefault(workspace, before);
      senders.forget(workspace);
      return shown(workspace, await find(_id));
    },

    async deleteSender(call, request) {
      requireLive(call);
      const { workspace, _id } = address(call, request);
      if ((await stored.deleteOne({ _id })) === 0) throw new Failure('NOT_FOUND');
      senders.forget(workspace);
      return {};
    },
  };
}
