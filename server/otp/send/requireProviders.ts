import type { Workspace } from '../../admin/workspaces/stored.js';
import type { ChannelName } from '../../domain/channels.js';
import { Failure } from '../../errors.js';
import type { IdentifiedSend } from './context.js';

export interface RequireProvidersDeps {
  /** Whether a message of the channel could be delivered, one that shows a transaction where there is one. */
  readonly supports: (
    workspace: Workspace,
    channel: ChannelName,
    withTransaction: boolean,
  ) => boolean | Promise<boolean>;
}

/** Throws CHANNEL_NOT_SUPPORTED for the first channel of a live session that no provider serves. */
export function createRequireProviders({ supports }: RequireProvidersDeps) {
  return async function requireProviders({
    mode,
    workspace,
    channels,
    options,
  }: IdentifiedSend): Promise<void> {
    if (mode !== 'live') return;
    const withTransaction = options.operation?.transaction !== undefined;
    const channel = await firstUnsupported();
    if (channel === undefined) return;
    const description = withTransaction
      ? 'must be left out: no provider of this channel can show a transaction'
      : 'must be left out: no provider is configured for this channel';
    throw new Failure('CHANNEL_NOT_SUPPORTED', {
      channel,
      violations: [{ field: `recipients.${channel}`, description }],
    });

    async function firstUnsupported(): Promise<ChannelName | undefined> {
      for (const name of channels) if (!(await supports(workspace, name, withTransaction))) return name;
      return undefined;
    }
  };
}
