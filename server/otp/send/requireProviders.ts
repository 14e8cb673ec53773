import type { Workspace } from '../../admin/workspaces/stored.js';
import type { ChannelName } from '../../domain/channels.js';
import { Failure } from '../../errors.js';
import type { IdentifiedSend } from './context.js';

export interface RequireProvidersDeps {
  /** Whether a message of the channel could be delivered. */
  readonly supports: (workspace: Workspace, channel: ChannelName) => boolean;
}

/** Throws CHANNEL_NOT_SUPPORTED for the first channel of a live session that no provider serves. */
export function createRequireProviders({ supports }: RequireProvidersDeps) {
  return function requireProviders({ mode, workspace, channels }: IdentifiedSend): void {
    if (mode !== 'live') return;
    const channel = channels.find((name) => !supports(workspace, name));
    if (channel === undefined) return;
    const description = 'must be left out: no provider is configured for this channel';
    throw new Failure('CHANNEL_NOT_SUPPORTED', {
      channel,
      violations: [{ field: `recipients.${channel}`, description }],
    });
  };
}
