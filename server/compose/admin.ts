import { AccessService } from '../../gen/otp/admin/v1/access_service_pb.js';
import { ApiKeyService } from '../../gen/otp/admin/v1/api_key_service_pb.js';
import { AuditService } from '../../gen/otp/admin/v1/audit_service_pb.js';
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
import { OtpService } from '../../gen/otp/v1/otp_service_pb.js';
import { createAccessHandlers } from '../admin/access/handlers.js';
import { createAuditHandlers } from '../admin/audit/handlers.js';
import { createContactHandlers } from '../admin/contacts/handlers.js';
import { createJobHandlers } from '../admin/jobs/handlers.js';
import type { Jobs } from '../admin/jobs/jobs.js';
import type { ApiKeys } from '../admin/keys/apiKeys.js';
import { createApiKeyHandlers } from '../admin/keys/handlers.js';
import { createLimitHandlers } from '../admin/limits/handlers.js';
import { createProviderHandlers } from '../admin/providers/handlers.js';
import { createExportRecipient } from '../admin/recipients/exportRecipient.js';
import { createRecipientHandlers } from '../admin/recipients/handlers.js';
import type { Refusals } from '../admin/refusals/refusals.js';
import type { RecipientRules } from '../admin/rules/rules.js';
import type { RuleWriter } from '../admin/rules/writeRule.js';
import { createSenderHandlers } from '../admin/senders/handlers.js';
import type { Senders } from '../admin/senders/senders.js';
import { createSessionHandlers } from '../admin/sessions/handlers.js';
import { createTailHub } from '../admin/sessions/tail/hub.js';
import { createTailEvents, TAIL_LIMITS } from '../admin/sessions/tailEvents.js';
import { createWebhooksOf } from '../admin/sessions/webhooks.js';
import { createAudit } from '../admin/shared/audit.js';
import type { AuditChain } from '../admin/shared/auditChain.js';
import { createSponsorServiceHandlers } from '../admin/sponsors/handlers.js';
import type { Sponsors } from '../admin/sponsors/sponsors.js';
import { createCodeUse } from '../admin/stats/codeUse.js';
import type { Counter } from '../admin/stats/counter.js';
import { createStatsHandlers } from '../admin/stats/handlers.js';
import { createTemplateHandlers } from '../admin/templates/handlers.js';
import type { Templates } from '../admin/templates/templates.js';
import { createWalletHandlers } from '../admin/wallet/handlers.js';
import type { Wallet } from '../admin/wallet/wallet.js';
import { createWorkspaceHandlers } from '../admin/workspaces/handlers.js';
import type { Workspaces } from '../admin/workspaces/workspaces.js';
import type { Handler, StreamHandler } from '../call/call.js';
import { createHandlerTable, type Registration, registerService, registerStream } from '../call/handlers.js';
import type { Config } from '../config/config.js';
import type { Accounts } from '../delivery/accounts/accounts.js';
import type { WorkspaceRoutes } from '../delivery/accounts/workspaceRoutes.js';
import type { Breakers } from '../delivery/breakers.js';
import type { Previews } from '../delivery/previews.js';
import type { Routes } from '../delivery/providerOrder.js';
import type { Vendor } from '../delivery/vendors/vendor.js';
import type { FairPool } from '../fairness/fairPool.js';
import { createGuardHandlers } from '../guard/handlers.js';
import type { GuardReader } from '../guard/settings.js';
import type { Tallies } from '../guard/tally.js';
import type { Limiter } from '../limits/limiter.js';
import type { RecipientBudget } from '../limits/recipientBudget/recipientBudget.js';
import type { Logger } from '../observe/log.js';
import type { Serving } from '../observe/readiness.js';
import { createIdempotency, type KeyedRequest } from '../otp/idempotency/claims.js';
import type { SessionHub } from '../otp/watch/hub.js';
import { createWatchQuota } from '../otp/watch/quota.js';
import type { Outbound } from '../outbound/outbound.js';
import type { Clock } from '../platform/clock.js';
import type { Random } from '../platform/random.js';
import type { StoredSession } from '../session/stored.js';
import type { Documents } from '../store/documents.js';
import type { Processes } from '../store/processes/processes.js';
import type { Enqueue } from '../webhooks/enqueue.js';
import { createWebhookHandlers } from '../webhooks/handlers.js';
import type { Post } from '../webhooks/post.js';
import type { StoredWebhookDelivery } from '../webhooks/stored.js';
import type { Webhooks } from '../webhooks/webhooks.js';
import { composeConfiguration } from './configuration.js';
import type { Secrets } from './secrets.js';

interface Parts {
  /** The use cases of the OTP services. */
  readonly otp: readonly Registration<Handler>[];
  readonly auditChain: AuditChain;
  readonly jobs: Jobs;
  readonly listing: FairPool;
  readonly refusals: Refusals;
  readonly rules: RecipientRules;
  readonly ruleWriter: RuleWriter;
  readonly limiter: Limiter;
  readonly documents: Documents;
  readonly secrets: Secrets;
  readonly keys: ApiKeys;
  readonly workspaces: Workspaces;
  readonly routes: Routes;
  readonly accounts: Accounts;
  readonly workspaceRoutes: WorkspaceRoutes;
  readonly vendors: readonly Vendor[];
  readonly breakers: Breakers;
  readonly hub: SessionHub;
  readonly budget: RecipientBudget;
  readonly senders: Senders;
  readonly templates: Templates;
  readonly previews: FairPool;
  readonly htmlPreviews: Previews;
  readonly sponsors: Sponsors;
  readonly wallet: Wallet;
  readonly guardReader: GuardReader;
  readonly tallies: Tallies;
  readonly outbound: Outbound;
  readonly counter: Counter;
  readonly webhooks: Webhooks;
  /** Where browsers reach the portal; undefined where they cannot. */
  readonly portalUrl: () => string | undefined;
  readonly enqueue: Enqueue;
  readonly offer: (line: StoredWebhookDelivery) => void;
  readonly post: Post;
  readonly processes: Processes;
  readonly config: Config;
  readonly serving: Serving;
  readonly log: Logger;
  readonly random: Random;
  readonly newId: () => string;
  readonly clock: Clock;
}

/** The methods of the operator's contract. */
export interface AdminHandlers {
  readonly unary: readonly Registration<Handler>[];
  readonly streams: readonly Registration<StreamHandler>[];
}

/** The operator's handlers of every room, recorded. */
export function composeAdmin(parts: Parts): AdminHandlers {
  const { documents, secrets, workspaces, senders, wallet, counter, newId, clock } = parts;
  const { encryption, fingerprints } = secrets;
  const idempotency = createIdempotency({ ...parts, fingerprints });
  const claimId = async (keyed: KeyedRequest) => (await idempotency.claim(keyed)).sessionId;
  const audit = createAudit({ chain: parts.auditChain, newId, clock });
  const useCases = createHandlerTable(parts.otp);
  const reading = {
    documents,
    encryption,
    fingerprints,
    clock,
    keyName: (id: string) => parts.keys.nameOf(id),
    recordRead: audit.read,
  };
  const limits = createLimitHandlers({
    ...parts,
    fingerprints,
    codeUseOf: createCodeUse(documents, counter, clock),
  });
  const unary = audit.record([
    ...registerService(
      AccessService,
      createAccessHandlers({
        ...parts,
        ...reading,
        development: parts.config.env !== 'production',
        workspaceNames: () => workspaces.names(),
      }),
    ),
    ...registerService(ApiKeyService, createApiKeyHandlers({ ...parts, fingerprints })),
    ...registerService(
      WorkspaceService,
      createWorkspaceHandlers({ ...parts, providers: parts.workspaceRoutes }),
    ),
    ...registerService(LimitService, limits),
    ...registerService(SenderService, createSenderHandlers(documents, senders, workspaces, clock)),
    ...registerService(TemplateService, createTemplateHandlers(parts)),
    ...registerService(ContactService, createContactHandlers(documents, encryption, fingerprints)),
    ...registerService(SponsorService, createSponsorServiceHandlers({ ...parts, encryption, fingerprints })),
    ...registerService(WalletService, createWalletHandlers(documents, wallet, workspaces)),
    ...registerService(GuardService, createGuardHandlers({ ...parts, encryption, fingerprints })),
    ...registerService(
      StatsService,
      createStatsHandlers({ ...parts, workspaceNames: () => workspaces.names() }),
    ),
    ...registerService(WebhookService, createWebhookHandlers({ ...parts, encryption, claimId })),
    ...registerService(JobService, createJobHandlers(parts)),
    ...registerService(
      AuditService,
      createAuditHandlers({ documents, chain: parts.auditChain, workspaces, clock }),
    ),
    ...registerService(
      ProviderService,
      createProviderHandlers({
        ...parts,
        encryption,
        isBuiltIn: parts.workspaceRoutes.isBuiltIn,
        sessions: documents.collection<StoredSession>('sessions'),
        send: useCases.find(OtpService.method.send)!,
        cancel: useCases.find(OtpService.method.cancelSession)!,
      }),
    ),
    ...registerService(RecipientService, createRecipientHandlers({ ...parts, ...reading, idempotency })),
    ...registerService(
      SessionService,
      createSessionHandlers({
        ...reading,
        workspaceNames: () => workspaces.names(),
        webhooksOf: createWebhooksOf(documents),
        listing: parts.listing,
        resend: useCases.find(OtpService.method.resend)!,
        cancel: useCases.find(OtpService.method.cancelSession)!,
      }),
    ),
  ]);
  const tailEvents = createTailEvents({
    ...reading,
    hub: createTailHub(documents.collection<StoredSession>('sessions'), clock, parts.log),
    quota: createWatchQuota(TAIL_LIMITS),
    serving: parts.serving,
  });
  const exportRecipient = createExportRecipient({
    ...parts,
    ...reading,
    webhooksOf: createWebhooksOf(documents),
    blockOf: limits.getRecipientBlock,
  });
  const configuration = audit.record(composeConfiguration(parts, unary));
  return {
    unary: [...unary, ...configuration],
    streams: [
      registerStream(SessionService.method.tailEvents, tailEvents),
      registerStream(RecipientService.method.exportRecipient, exportRecipient),
    ],
  };
}
