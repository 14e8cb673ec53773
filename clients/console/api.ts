import { createClient } from '@connectrpc/connect';
import { createConnectTransport } from '@connectrpc/connect-web';
import { AccessService } from '../../gen/otp/admin/v1/access_service_pb.js';
import { ApiKeyService, Mode } from '../../gen/otp/admin/v1/api_key_service_pb.js';
import { AuditService } from '../../gen/otp/admin/v1/audit_service_pb.js';
import { ConfigurationService } from '../../gen/otp/admin/v1/configuration_service_pb.js';
import { ContactService } from '../../gen/otp/admin/v1/contact_service_pb.js';
import { GuardService } from '../../gen/otp/admin/v1/guard_service_pb.js';
import { JobService } from '../../gen/otp/admin/v1/job_service_pb.js';
import { LimitService } from '../../gen/otp/admin/v1/limit_service_pb.js';
import { ProviderService } from '../../gen/otp/admin/v1/provider_service_pb.js';
import { RecipientService } from '../../gen/otp/admin/v1/recipient_service_pb.js';
import { SenderService } from '../../gen/otp/admin/v1/sender_service_pb.js';
import { SessionService } from '../../gen/otp/admin/v1/session_service_pb.js';
import { SponsorService } from '../../gen/otp/admin/v1/sponsor_service_pb.js';
import { StatsService } from '../../gen/otp/admin/v1/stats_service_pb.js';
import { TemplateService } from '../../gen/otp/admin/v1/template_service_pb.js';
import { WalletService } from '../../gen/otp/admin/v1/wallet_service_pb.js';
import { WebhookService } from '../../gen/otp/admin/v1/webhook_service_pb.js';
import { WorkspaceService } from '../../gen/otp/admin/v1/workspace_service_pb.js';
import { signed } from './credential.js';

const transport = createConnectTransport({
  baseUrl: location.origin,
  defaultTimeoutMs: 15_000,
  interceptors: [signed],
});

/** The operator's services. Test test/browser/reach.test.ts reads calls as `api.<service>.<method>(`. */
export const api = {
  access: createClient(AccessService, transport),
  apiKeys: createClient(ApiKeyService, transport),
  audit: createClient(AuditService, transport),
  configuration: createClient(ConfigurationService, transport),
  contacts: createClient(ContactService, transport),
  guard: createClient(GuardService, transport),
  jobs: createClient(JobService, transport),
  limits: createClient(LimitService, transport),
  providers: createClient(ProviderService, transport),
  recipients: createClient(RecipientService, transport),
  senders: createClient(SenderService, transport),
  sessions: createClient(SessionService, transport),
  sponsors: createClient(SponsorService, transport),
  stats: createClient(StatsService, transport),
  templates: createClient(TemplateService, transport),
  wallet: createClient(WalletService, transport),
  webhooks: createClient(WebhookService, transport),
  workspaces: createClient(WorkspaceService, transport),
} as const;

/** The workspace and mode that the URL names; empty ones mean the caller's own. */
export function target(): { workspace: string; mode: Mode } {
  const query = new URLSearchParams(location.search);
  const mode = query.get('mode');
  return {
    workspace: query.get('workspace') ?? '',
    mode: mode === 'test' ? Mode.TEST : mode === 'live' ? Mode.LIVE : Mode.UNSPECIFIED,
  };
}

/** The workspace that the URL names, for requests without a mode. */
export const inWorkspace = (): { workspace: string } => ({ workspace: target().workspace });
