import { create, type MessageShape } from '@bufbuild/protobuf';
import { Assurance, RouteSchema, WorkspaceSchema } from '../../../gen/otp/admin/v1/workspace_service_pb.js';
import { timestampField } from '../../contract/timestampField.js';
import type { RouteNames } from '../../delivery/providerOrder.js';
import { CHANNELS, channelEnum } from '../../domain/channels.js';
import { SESSION_LIMITS } from '../../session/limits.js';
import type { Workspace } from './stored.js';

/** The routes of a workspace as the contract shows them, in channel order. */
export const routesToProto = (routes: RouteNames): MessageShape<typeof RouteSchema>[] =>
  CHANNELS.flatMap((name) => {
    const providers = routes[name];
    return providers ? [create(RouteSchema, { channel: channelEnum(name), providers: [...providers] })] : [];
  });

/** A workspace as GetWorkspace shows it. */
export const wholeWorkspace = (workspace: Workspace): MessageShape<typeof WorkspaceSchema> => ({
  ...workspaceToProto(workspace),
  logo: Buffer.from(workspace.logo ?? '', 'base64'),
});

/** A workspace as the contract shows it, without its logo: a list of them would be long. */
export function workspaceToProto(workspace: Workspace): MessageShape<typeof WorkspaceSchema> {
  return create(WorkspaceSchema, {
    name: workspace._id,
    brand: workspace.brand,
    locale: workspace.locale,
    webHost: workspace.webHost ?? '',
    allowedOrigins: [...workspace.allowedOrigins],
    returnUrls: [...(workspace.returnUrls ?? [])],
    embedOrigins: [...(workspace.embedOrigins ?? [])],
    brandColor: workspace.brandColor ?? '',
    logoHash: workspace.logoHash ?? '',
    supportUrl: workspace.supportUrl ?? '',
    hideHost: workspace.hideHost ?? false,
    longLifetime: workspace.longLifetime,
    assurance: workspace.assurance ? Assurance[workspace.assurance] : Assurance.UNSPECIFIED,
    androidAppHash: workspace.androidAppHash ?? '',
    messagingReuse: workspace.messagingReuse ?? false,
    routes: routesToProto(workspace.routes ?? {}),
    retentionDays: workspace.retentionDays ?? SESSION_LIMITS.retentionDays.default,
    ...timestampField('createdAt', workspace.createdAt),
    ...timestampField('deletedAt', workspace.deletedAt),
    ...timestampField('purgeAt', workspace.purge?.at),
    ...timestampField('purgedAt', workspace.purgedAt),
  });
}
