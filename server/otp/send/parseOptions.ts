import type { JsonValue } from '@bufbuild/protobuf';
import type { SendRequest } from '../../../gen/otp/v1/otp_service_pb.js';
import { Strategy } from '../../../gen/otp/v1/session_pb.js';
import type { Workspace } from '../../admin/workspaces/stored.js';
import { type ChannelName, channelName } from '../../domain/channels.js';
import { exactJson } from '../../domain/exactJson.js';
import { unfitForLine, unfitForMessage } from '../../domain/messageText.js';
import { invalid } from '../../errors.js';
import { ASSURANCES, refusedChannel } from '../../session/assurance.js';
import { SESSION_LIMITS } from '../../session/limits.js';
import type { StoredOperation } from '../../session/stored.js';
import type { SessionOptions } from '../../session/transitions/open.js';
import { storedOperation } from '../operation.js';
import { userIdOf } from './limitKeys.js';
import { parseFallback } from './parseFallback.js';

/** What a Send asks for besides its recipients, parsed and valid. */
export interface SendOptions extends SessionOptions {
  /** See userIdOf. */
  readonly userId?: string;
  /** Six digits, where the recipient's budget for shorter codes is used up. */
  readonly mayLengthen: boolean;
}

/** Parses all of a Send request but its recipients. Throws INVALID_REQUEST naming the field. */
export function parseOptions(
  request: SendRequest,
  workspace: Workspace,
  channels: readonly ChannelName[],
): SendOptions {
  const { metadata, userId } = parseMetadata(request);
  const operation = parseOperation(request, workspace);
  refuseChannels(channels, workspace);
  const config = parseConfig(request, workspace);
  return {
    fallback: parseFallback(request, channels, config.lifetimeMs),
    purpose: request.purpose,
    locale: request.locale.replaceAll('_', '-') || workspace.locale,
    messageTemplate: parseMessageTemplate(request, channels),
    addContact: request.addContact,
    retentionDays: workspace.retentionDays,
    metadata,
    ...(userId !== undefined && { userId }),
    ...(operation && { operation }),
    ...config,
    ...parsePolicy(request, channels),
  };
}

/** What the proof is for. A transaction is shown to the person, so its texts must be fit for a message. */
function parseOperation({ operation }: SendRequest, { assurance }: Workspace): StoredOperation | undefined {
  const transaction = operation?.transaction;
  const bounds = assurance && ASSURANCES[assurance];
  if (bounds?.requiresTransaction && !transaction)
    throw invalid('operation.transaction', `must be given, as ${bounds.title} requires`);
  for (const part of ['payee', 'account'] as const) {
    const unfit = transaction && unfitForLine(transaction[part]);
    if (unfit) throw invalid(`operation.transaction.${part}`, unfit);
  }
  if (transaction && transaction.payee.trim() === '')
    throw invalid('operation.transaction.payee', 'must not be blank');
  return operation && storedOperation(operation);
}

function refuseChannels(channels: readonly ChannelName[], { assurance }: Workspace): void {
  for (const channel of channels) {
    const refused = refusedChannel(assurance, channel);
    if (refused) throw invalid(`recipients.${channel}`, refused);
  }
}

function parseMessageTemplate(
  { messageTemplate, operation }: SendRequest,
  channels: readonly ChannelName[],
): string {
  if (!messageTemplate) return '';
  if (operation?.transaction)
    throw invalid('message_template', 'must be left out where the operation has a transaction');
  if (!messageTemplate.includes('<OTP>'))
    throw invalid('message_template', 'must contain <OTP> where the code goes');
  const unfit = unfitForMessage(messageTemplate);
  if (unfit) throw invalid('message_template', unfit);
  if (channels.every((name) => name === 'email'))
    throw invalid('message_template', 'must be left out where no message is an SMS or a WhatsApp message');
  return messageTemplate;
}

function parseConfig({ config }: SendRequest, workspace: Workspace) {
  const { codeLength: length, lifetimeSeconds: lifetime, attempts } = SESSION_LIMITS;
  const codeLength = config?.codeLength ?? length.default;
  const seconds = config?.lifetime ? Number(config.lifetime.seconds) : lifetime.default;
  if (config?.lifetime && config.lifetime.nanos !== 0)
    throw invalid('config.lifetime', 'must be whole seconds');
  const maxAttempts = config?.maxAttempts ?? attempts.default;
  checkAssurance({ codeLength, seconds, maxAttempts }, workspace);
  return {
    codeLength,
    lifetimeMs: seconds * 1000,
    maxAttempts,
    mayLengthen: config?.mayLengthen ?? false,
  };
}

/** Refuses what breaks the norm that the workspace has to meet. */
function checkAssurance(
  { codeLength, seconds, maxAttempts }: { codeLength: number; seconds: number; maxAttempts: number },
  { assurance }: Workspace,
): void {
  if (!assurance) return;
  const { title, minCodeLength, maxLifetimeSeconds, maxAttempts: most } = ASSURANCES[assurance];
  if (minCodeLength !== undefined && codeLength < minCodeLength)
    throw invalid('config.code_length', `must be at least ${minCodeLength}, as ${title} requires`);
  if (maxLifetimeSeconds !== undefined && seconds > maxLifetimeSeconds)
    throw invalid(
      'config.lifetime',
      `must be at most ${maxLifetimeSeconds / 60} minutes, as ${title} requires`,
    );
  if (most !== undefined && maxAttempts > most)
    throw invalid('config.max_attempts', `must be at most ${most}, as ${title} requires`);
}

function parsePolicy({ policy, fallback }: SendRequest, channels: readonly ChannelName[]) {
  const names = policy?.channels.map((channel) => channelName(channel)) ?? [];
  const wanted = policy?.strategy || (fallback.length > 0 ? Strategy.ANY : Strategy.ALL);
  // A channel that may never be used cannot be required.
  if (fallback.length > 0 && wanted !== Strategy.ANY)
    throw invalid('policy.strategy', 'must be ANY, or left out, where there is a fallback');
  if (wanted !== Strategy.SPECIFIC) {
    if (names.length > 0)
      throw invalid('policy.channels', 'must be left out unless the strategy is SPECIFIC');
    return { strategy: wanted === Strategy.ANY ? 'ANY' : 'ALL', required: [] } as const;
  }
  const required = channels.filter((name) => names.includes(name));
  if (required.length === 0 || required.length < names.length) {
    throw invalid('policy.channels', 'must name at least one channel, and only channels of this session');
  }
  return { strategy: 'SPECIFIC', required } as const;
}

function parseMetadata({ metadata }: SendRequest): { metadata: string; userId?: string } {
  if (!metadata) return { metadata: '{}' };
  const text = exactJson(metadata);
  if (Buffer.byteLength(text) > SESSION_LIMITS.metadataBytes) {
    throw invalid('metadata', `must be at most ${SESSION_LIMITS.metadataBytes} bytes as JSON`);
  }
  if (depthOf(metadata) > SESSION_LIMITS.metadataDepth) {
    throw invalid('metadata', `must be nested at most ${SESSION_LIMITS.metadataDepth} levels deep`);
  }
  const userId = userIdOf(text);
  return { metadata: text, ...(userId !== undefined && { userId }) };
}

/** How deep objects and lists are nested; 0 for a plain value. */
function depthOf(value: JsonValue): number {
  if (value === null || typeof value !== 'object') return 0;
  return 1 + Math.max(0, ...Object.values(value).map(depthOf));
}
