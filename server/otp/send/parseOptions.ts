import type { JsonValue } from '@bufbuild/protobuf';
import type { SendRequest } from '../../../gen/otp/v1/otp_service_pb.js';
import { type Operation, Strategy } from '../../../gen/otp/v1/session_pb.js';
import type { Workspace } from '../../admin/workspaces/workspaces.js';
import { type ChannelName, channelName } from '../../domain/channels.js';
import { invalid } from '../../errors.js';
import type { FallbackStep } from '../../session/fallback.js';
import { SESSION_LIMITS } from '../../session/limits.js';
import type { StrategyName } from '../../session/policy.js';
import type { StoredOperation } from '../../session/stored.js';
import { readFallback } from './parseFallback.js';

/** What a Send asks for, read and checked: nothing about it can be refused for its form any more. */
export interface Plan {
  readonly codeLength: number;
  readonly lifetimeMs: number;
  readonly maxAttempts: number;
  readonly strategy: StrategyName;
  readonly required: readonly ChannelName[];
  /** The channels that wait for others, in order. */
  readonly fallback: readonly FallbackStep[];
  readonly purpose: string;
  readonly locale: string;
  /** The text of SMS and WhatsApp messages, with <OTP> in it; empty: the template. */
  readonly messageTemplate: string;
  readonly addContact: boolean;
  /** JSON text. */
  readonly metadata: string;
  /** Days the session stays readable once it has ended. */
  readonly retentionDays: number;
  /** metadata.user_id, for the per-user limit. */
  readonly userId?: string;
  readonly operation?: StoredOperation;
}

/** Reads everything of a Send request but whom it goes to. Throws INVALID_REQUEST naming the field. */
export function planSend(request: SendRequest, workspace: Workspace, channels: readonly ChannelName[]): Plan {
  const { metadata, userId } = readMetadata(request);
  const operation = request.operation && storedOperation(request.operation);
  const config = readConfig(request, workspace);
  return {
    ...config,
    ...readPolicy(request, channels),
    fallback: readFallback(request, channels, config.lifetimeMs),
    purpose: request.purpose,
    locale: request.locale || workspace.locale,
    messageTemplate: readMessageTemplate(request, channels),
    addContact: request.addContact,
    retentionDays: workspace.retentionDays,
    metadata,
    ...(userId !== undefined && { userId }),
    ...(operation && { operation }),
  };
}

function readMessageTemplate({ messageTemplate }: SendRequest, channels: readonly ChannelName[]): string {
  if (!messageTemplate) return '';
  if (!messageTemplate.includes('<OTP>'))
    throw invalid('message_template', 'must have <OTP> where the code goes');
  if (channels.every((name) => name === 'email'))
    throw invalid('message_template', 'is for SMS and WhatsApp only');
  return messageTemplate;
}

function readConfig({ config }: SendRequest, workspace: Workspace) {
  const { codeLength: length, lifetimeSeconds: lifetime, attempts, shortCodeBelow } = SESSION_LIMITS;
  const codeLength = config?.codeLength ?? length.default;
  const seconds = config?.lifetime ? Number(config.lifetime.seconds) : lifetime.default;
  if (config?.lifetime && config.lifetime.nanos !== 0)
    throw invalid('config.lifetime', 'must be whole seconds');
  if (seconds > lifetime.max && !workspace.longLifetime) {
    throw invalid(
      'config.lifetime',
      `must be at most ${lifetime.max / 60} minutes unless the workspace allows long lifetimes`,
    );
  }
  const isShort = codeLength < shortCodeBelow;
  const most = isShort ? attempts.maxShortCode : attempts.max;
  const maxAttempts = config?.maxAttempts ?? attempts.default;
  if (maxAttempts > most) {
    throw invalid('config.max_attempts', `must be at most ${most} for codes under ${shortCodeBelow} digits`);
  }
  return { codeLength, lifetimeMs: seconds * 1000, maxAttempts };
}

function readPolicy({ policy, fallback }: SendRequest, channels: readonly ChannelName[]) {
  const names = policy?.channels.map((channel) => channelName(channel)) ?? [];
  const wanted = policy?.strategy || (fallback.length > 0 ? Strategy.ANY : Strategy.ALL);
  // A channel that may never be used cannot be required.
  if (fallback.length > 0 && wanted !== Strategy.ANY)
    throw invalid('policy.strategy', 'must be ANY, or left out, where there is a fallback');
  if (wanted !== Strategy.SPECIFIC) {
    if (names.length > 0) throw invalid('policy.channels', 'may be given with strategy SPECIFIC only');
    return { strategy: wanted === Strategy.ANY ? 'ANY' : 'ALL', required: [] } as const;
  }
  const required = channels.filter((name) => names.includes(name));
  if (required.length === 0 || required.length < names.length) {
    throw invalid('policy.channels', 'must name at least one channel, and only channels of this session');
  }
  return { strategy: 'SPECIFIC', required } as const;
}

function readMetadata({ metadata }: SendRequest): { metadata: string; userId?: string } {
  if (!metadata) return { metadata: '{}' };
  const text = JSON.stringify(metadata);
  if (Buffer.byteLength(text) > SESSION_LIMITS.metadataBytes) {
    throw invalid('metadata', `must be at most ${SESSION_LIMITS.metadataBytes} bytes as JSON`);
  }
  if (depthOf(metadata) > SESSION_LIMITS.metadataDepth) {
    throw invalid('metadata', `must be nested at most ${SESSION_LIMITS.metadataDepth} levels deep`);
  }
  const user = metadata.user_id;
  const known = typeof user === 'string' || typeof user === 'number' ? String(user) : '';
  return { metadata: text, ...(known && { userId: known }) };
}

/** How many objects and lists stand inside each other; 0 for a plain value. */
function depthOf(value: JsonValue): number {
  if (value === null || typeof value !== 'object') return 0;
  return 1 + Math.max(0, ...Object.values(value).map(depthOf));
}

/** An operation of the contract as it is stored. */
export const storedOperation = ({ type, id, productType }: Operation): StoredOperation => ({
  type,
  id,
  ...(productType && { productType }),
});
