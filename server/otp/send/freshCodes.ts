import { messageField } from '../../delivery/buildMessage.js';
import type { ChannelName } from '../../domain/channels.js';
import type { Slot } from '../../fairness/fairPool.js';
import type { Random } from '../../platform/random.js';
import type { Encryption } from '../../secrets/encryption.js';
import type { CodeHasher } from '../../secrets/hashing/codeHasher.js';
import { notSent, queueMessage } from '../../session/messages.js';
import { newCode } from '../../session/newCode.js';
import { channelsOf } from '../../session/status.js';
import type { FreshCode, StoredSession, StoredTransaction } from '../../session/stored.js';
import { transactionContext } from '../../session/transaction.js';
import type { AdmittedSend, CodedSend } from './context.js';

/** What codes are made with. */
export interface CodeMaker {
  readonly hasher: CodeHasher;
  readonly encryption: Encryption;
  readonly random: Random;
}

type CodeOwner = Pick<StoredSession, '_id' | 'mode' | 'codeLength' | 'operation'>;

/** One code to be made. */
interface CodeOrder {
  readonly session: CodeOwner;
  readonly channel: ChannelName;
  /** The number of the message that brings it. */
  readonly n: number;
  readonly now: number;
  /** Receives the code of a sandbox channel by its sealed form. */
  readonly sealedCodes?: Map<string, string>;
}

/** Names the sealed code of a sandbox channel. */
export const sandboxCodeField = (channel: ChannelName): string => `channels.${channel}.sandboxCode`;

/** What a code is hashed for: it verifies on this channel of this session only, and for this transaction only. */
export const codeContext = (
  _id: string,
  channel: ChannelName,
  transaction: StoredTransaction | undefined,
): string => `${_id}/${channel}${transaction ? `/${transactionContext(transaction)}` : ''}`;

/** A new code for one channel: hashed, and sealed for delivery (live) or for the response (sandbox). */
export async function freshCode(
  { hasher, encryption, random }: CodeMaker,
  slot: Slot,
  { session, channel, n, now, sealedCodes }: CodeOrder,
): Promise<FreshCode> {
  const code = newCode(session.codeLength, random);
  const context = codeContext(session._id, channel, session.operation?.transaction);
  const codeHash = await slot.run(() => hasher.hash(code, context));
  const seal = (field: string) => encryption.seal({ collection: 'sessions', id: session._id, field }, code);
  if (session.mode !== 'test')
    return { codeHash, delivery: queueMessage(seal(messageField(channel)), n, now) };
  const sandboxCode = seal(sandboxCodeField(channel));
  sealedCodes?.set(sandboxCode, code);
  return { codeHash, sandboxCode, delivery: notSent(n) };
}

/**
 * The codes of a sandbox session, for the response. Empty for a live one: its codes leave by delivery only.
 * `known`: codes by their sealed form.
 */
export function sandboxCodes(
  encryption: Encryption,
  session: StoredSession,
  known?: ReadonlyMap<string, string>,
): Record<string, string> {
  const codes: Record<string, string> = {};
  if (session.mode !== 'test') return codes;
  for (const [name, channel] of channelsOf(session)) {
    const sealed = channel.sandboxCode;
    if (!sealed) continue;
    const place = { collection: 'sessions' as const, id: session._id, field: sandboxCodeField(name) };
    codes[name] = known?.get(sealed) ?? encryption.open(place, sealed);
  }
  return codes;
}

/** Makes a code for every recipient of a Send. */
export function createMakeCodes({ codes }: { readonly codes: CodeMaker }) {
  return async function makeCodes(send: AdmittedSend): Promise<CodedSend> {
    const { slot, owner, mode, options, channels, bought, now, sealedCodes } = send;
    const { codeLength, operation } = options;
    const session = { _id: owner._id, mode, codeLength, ...(operation && { operation }) };
    const fresh = await Promise.all(
      channels.map((channel) => freshCode(codes, slot, { session, channel, n: 1, now, sealedCodes })),
    );
    return Object.assign(send, {
      codes: new Map(
        channels.map((channel, index) => [channel, { ...fresh[index]!, ...bought?.units.get(channel) }]),
      ),
    });
  };
}
