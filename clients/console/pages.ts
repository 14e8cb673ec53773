import type { DescMethod } from '@bufbuild/protobuf';
import { ApiKeyService } from '../../gen/otp/admin/v1/api_key_service_pb.js';
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
import type { IconName } from '../look/Icon.js';

/** A page of the menu. */
export interface MenuPage {
  readonly name: string;
  /** Below /console. */
  readonly path: string;
  readonly icon: IconName;
  /** Stands above the first page of a group. */
  readonly group?: string;
  /** What the page reads: a caller that may not is not let in. */
  readonly read: DescMethod;
}

/** The menu in its order. */
export const PAGES: readonly MenuPage[] = [
  { name: 'Overview', path: '', icon: 'overview', read: StatsService.method.getStats },
  { name: 'Sessions', path: '/sessions', icon: 'sessions', read: SessionService.method.listSessions },
  {
    name: 'Recipients',
    path: '/recipients',
    icon: 'recipient',
    read: RecipientService.method.diagnoseRecipient,
  },
  {
    name: 'Analytics',
    path: '/analytics',
    icon: 'analytics',
    group: 'Understand',
    read: StatsService.method.getStats,
  },
  { name: 'Fraud', path: '/fraud', icon: 'fraud', read: GuardService.method.getGuard },
  { name: 'Limits', path: '/limits', icon: 'limits', read: LimitService.method.listLimits },
  { name: 'Audit', path: '/audit', icon: 'audit', read: AuditService.method.listAuditEntries },
  {
    name: 'Providers',
    path: '/providers',
    icon: 'providers',
    group: 'Configure',
    read: ProviderService.method.listProviders,
  },
  { name: 'Templates', path: '/templates', icon: 'templates', read: TemplateService.method.listTemplates },
  { name: 'Senders', path: '/senders', icon: 'senders', read: SenderService.method.listSenders },
  { name: 'Webhooks', path: '/webhooks', icon: 'webhooks', read: WebhookService.method.listWebhookEndpoints },
  { name: 'Keys', path: '/keys', icon: 'keys', read: ApiKeyService.method.listApiKeys },
  { name: 'Sponsors', path: '/sponsors', icon: 'sponsors', read: SponsorService.method.listSponsors },
  { name: 'Contacts', path: '/contacts', icon: 'contacts', read: ContactService.method.listContacts },
  { name: 'Wallet', path: '/wallet', icon: 'wallet', read: WalletService.method.getWallet },
  { name: 'Jobs', path: '/jobs', icon: 'jobs', read: JobService.method.listJobs },
  { name: 'Workspace', path: '/workspace', icon: 'workspace', read: WorkspaceService.method.getWorkspace },
  {
    name: 'Configuration',
    path: '/configuration',
    icon: 'configuration',
    read: ConfigurationService.method.exportConfiguration,
  },
];
