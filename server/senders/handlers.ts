import { create, type MessageShape } from '@bufbuild/protobuf';
import { SenderSchema, type SenderService } from '../../gen/otp/admin/v1/sender_service_pb.js';
import { Channel } from '../../gen/otp/v1/session_pb.js';
import type { Call } from '../call.js';
import type { Clock } from '../clock.js';
import { channelEnum } from '../domain/channels.js';
import { Failure, invalid } from '../errors.js';
import type { Handlers } from '../handlers.js';
import { namedChannel } from '../operator/channel.js';
import { readPage } from '../operator/paging.js';
import { requireLive, targetWorkspace } from '../operator/target.js';
import { setting, updated } from '../operator/update.js';
import { type Collection, type Documents, DuplicateKey } from '../store/documents.js';
import { when } from '../timestamps.js';
import type { Workspaces } from '../workspaces/workspaces.js';
import { readSenderId, SENDER_FORMS } from './senderIds.js';
import { defaultOf, isLaterDefault, type Senders, type StoredSender, sendersOf } from './senders.js';

const CHANGEABLE = ['display_name', 'is_default'];

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
   * Ends the other defaults of the channel. Of two senders made default at once
   * the later one stays, in whichever order this runs for them.
   */
  async function becomeDefault(workspace: string, sender: StoredSender): Promise<void> {
    for (const other of await sendersOf(stored, workspace, sender.channel)) {
      if (!other.defaultAt || other._id === sender._id || isLaterDefault(other, sender)) continue;
      const { _id, defaultAt } = other;
      await stored.findOneAndUpdate({ _id, defaultAt }, { $unset: { defaultAt: '' } });
    }
  }

  async function shown(workspace: string, sender: StoredSender) {
    return { sender: present(sender, await sendersOf(stored, workspace, sender.channel)) };
  }

  return {
    async createSender(call, request) {
      requireLive(call);
      const workspace = targetWorkspace(call, request.workspace);
      const { channel: given, senderId: text, displayName, isDefault } = request.sender!;
      const channel = namedChannel(given, 'sender.channel');
      const senderId = readSenderId(channel, text);
      if (senderId === undefined) throw invalid('sender.sender_id', `must be ${SENDER_FORMS[channel]}`);
      call.resource = `senders/${channel}/${senderId}`;
      if (!(await workspaces.exists(workspace))) throw new Failure('NOT_FOUND');
      const now = new Date(clock.now());
      const sender: StoredSender = {
        _id: `${workspace}/${channel}/${senderId}`,
        channel,
        senderId,
        ...(displayName && { displayName }),
        ...(isDefault && { defaultAt: now }),
        createdAt: now,
      };
      try {
        await stored.insertOne(sender);
      } catch (error) {
        throw error instanceof DuplicateKey ? new Failure('ALREADY_EXISTS') : error;
      }
      if (isDefault) await becomeDefault(workspace, sender);
      senders.forget(workspace);
      return shown(workspace, sender);
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
      return { senders: items.map((sender) => present(sender, all)), nextPageToken };
    },

    async updateSender(call, request) {
      requireLive(call);
      const { workspace, _id } = address(call, {
        workspace: request.workspace,
        channel: request.sender?.channel ?? Channel.UNSPECIFIED,
        senderId: request.sender?.senderId ?? '',
      });
      const before = await find(_id);
      const { resource, fields } = updated(
        SenderSchema,
        present(before, [before]),
        request.sender,
        request.updateMask,
        CHANGEABLE,
        'sender',
      );
      const { displayName, isDefault } = resource;
      const after = await stored.findOneAndUpdate(
        { _id },
        setting({
          ...(fields.includes('display_name') && { displayName: displayName || undefined }),
          ...(fields.includes('is_default') && {
            defaultAt: isDefault ? new Date(clock.now()) : undefined,
          }),
        }),
      );
      if (!after) throw new Failure('NOT_FOUND');
      if (fields.includes('is_default') && isDefault) await becomeDefault(workspace, after);
      senders.forget(workspace);
      return shown(workspace, after);
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

/** A sender as the contract shows it. `others`: senders of its workspace, to tell which one is the default. */
function present(sender: StoredSender, others: readonly StoredSender[]): MessageShape<typeof SenderSchema> {
  const rivals = others.filter(({ channel }) => channel === sender.channel);
  return create(SenderSchema, {
    channel: channelEnum(sender.channel),
    senderId: sender.senderId,
    displayName: sender.displayName ?? '',
    isDefault: sender.defaultAt !== undefined && defaultOf(rivals)?._id === sender._id,
    ...when('createdAt', sender.createdAt),
  });
}
