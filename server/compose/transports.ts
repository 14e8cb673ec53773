import type { DescService } from '@bufbuild/protobuf';
import { Health } from '../../gen/grpc/health/v1/health_pb.js';
import { ServerReflection } from '../../gen/grpc/reflection/v1/reflection_pb.js';
import { ServerReflection as ServerReflectionAlpha } from '../../gen/grpc/reflection/v1alpha/reflection_pb.js';
import { AccessService } from '../../gen/otp/admin/v1/access_service_pb.js';
import { ApiKeyService } from '../../gen/otp/admin/v1/api_key_service_pb.js';
import { AuditService } from '../../gen/otp/admin/v1/audit_service_pb.js';
import { ConfigurationService } from '../../gen/otp/admin/v1/configuration_service_pb.js';
import { ContactService } from '../../gen/otp/admin/v1/contact_service_pb.js';
import { GuardService } from '../../gen/otp/admin/v1/guard_service_pb.js';
import { InboxService } from '../../gen/otp/admin/v1/inbox_service_pb.js';
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
import { RequirementService } from '../../gen/otp/v1/requirement_service_pb.js';
import { VerificationPageService } from '../../gen/otp/v1/verification_page_service_pb.js';
import { VerificationTokenService } from '../../gen/otp/v1/verification_token_service_pb.js';
import type { ApiKeys } from '../admin/keys/apiKeys.js';
import { createLogos } from '../admin/workspaces/logo.js';
import type { Workspaces } from '../admin/workspaces/workspaces.js';
import type { Config } from '../config/config.js';
import { contractSet } from '../contract/contractSet.js';
import type { Previews } from '../delivery/previews.js';
import type { Inbox } from '../delivery/vendors/inbox/inbox.js';
import { networks } from '../domain/networks.js';
import { beneficiary } from '../gateway/beneficiary/index.js';
import type { Dialect } from '../gateway/dialect.js';
import { findSwaggerUi } from '../gateway/docs/assets.js';
import { docsRoutes } from '../gateway/docs/routes.js';
import { inboxRoute } from '../gateway/inbox.js';
import { createInboxAccess } from '../gateway/inboxAccess.js';
import { messaging } from '../gateway/messaging/index.js';
import { type MetricsAccess, metricsRoute } from '../gateway/metrics.js';
import { createMultichannel } from '../gateway/multichannel/index.js';
import { createOAuth } from '../gateway/oauth/index.js';
import { openapiRoute } from '../gateway/openapi/document.js';
import { dialectRoutes } from '../gateway/serveDialect.js';
import { createForeignOrigin } from '../http/foreignOrigin.js';
import { healthRoutes } from '../http/health.js';
import type { TlsFiles } from '../http/http1.js';
import { httpLimits, shareLimits } from '../http/limits.js';
import { createListener, type Listener } from '../http/listener.js';
import type { HttpRequest } from '../http/message.js';
import { peerAddress } from '../http/peer.js';
import { createRouter, type Route } from '../http/router.js';
import { rpcRoutes } from '../http/rpcRoutes.js';
import type { Limiter } from '../limits/limiter.js';
import type { Logger } from '../observe/log.js';
import type { Metrics } from '../observe/metrics/index.js';
import type { Serving } from '../observe/readiness.js';
import { createPages } from '../otp/pages/pages.js';
import type { Pipeline } from '../pipeline/index.js';
import type { Clock } from '../platform/clock.js';
import type { Random } from '../platform/random.js';
import { VERSION } from '../platform/version.js';
import { bindServices } from '../rpc/bind.js';
import { createRpcHandler } from '../rpc/handler.js';
import { serveHealth } from '../rpc/health.js';
import { serveReflection } from '../rpc/reflection.js';
import { createUnaryHandler } from '../rpc/unary.js';
import { assetRoutes } from '../screens/assets.js';
import { componentsRoute, consoleRoutes, portalRoutes } from '../screens/console.js';
import type { ScreenFiles } from '../screens/files.js';
import { inboxPageRoute } from '../screens/inbox.js';
import { landingRoute, toConsoleRoute } from '../screens/landing.js';
import { logoRoute } from '../screens/logo.js';
import { previewRoute } from '../screens/preview.js';
import { verificationRoutes } from '../screens/verify/routes.js';
import { widgetRoutes } from '../screens/widget.js';
import type { Documents } from '../store/documents.js';
import type { Siblings } from '../workers/siblings.js';
import { noticeSetup } from './noticeSetup.js';
import { composeRejectedRequests } from './rejectedRequests.js';
import type { Secrets } from './secrets.js';

/** The services of the contract, the operator's last. */
const SERVICES: readonly DescService[] = [
  OtpService,
  VerificationTokenService,
  VerificationPageService,
  RequirementService,
  AccessService,
  ApiKeyService,
  WorkspaceService,
  LimitService,
  SenderService,
  TemplateService,
  ContactService,
  SponsorService,
  WalletService,
  GuardService,
  StatsService,
  WebhookService,
  AuditService,
  JobService,
  ConfigurationService,
  ProviderService,
  RecipientService,
  SessionService,
];
/** The services every gRPC server is expected to have. */
const STANDARD: readonly DescService[] = [Health, ServerReflection, ServerReflectionAlpha];

interface Parts {
  readonly config: Config;
  /** Rejects while the store cannot be used. */
  readonly checkStore: () => Promise<void>;
  readonly pipeline: Pipeline;
  readonly secrets: Secrets;
  readonly keys: ApiKeys;
  readonly documents: Documents;
  readonly limiter: Limiter;
  readonly workspaces: Workspaces;
  readonly newId: () => string;
  readonly inbox: { readonly inbox: Inbox; readonly token: string } | undefined;
  /** HTML of messages that pages show in a frame. */
  readonly previews: Previews;
  readonly serving: Serving;
  readonly tls: TlsFiles | undefined;
  readonly clock: Clock;
  readonly random: Random;
  readonly metrics: Metrics;
  /** Where vendors report what became of messages. */
  readonly callbacks: readonly Route[];
  /** What browsers load, where it was built. */
  readonly screens: ScreenFiles | undefined;
  /** The text of /metrics. */
  readonly scrape: () => Promise<string>;
  readonly siblings: Siblings | undefined;
  readonly log: Logger;
}

/** The listeners of the process. */
export interface Listeners {
  /** On PORT. */
  readonly main: Listener;
  /** On OTP_OPERATOR_PORT, where that is set. */
  readonly operator: Listener | undefined;
}

/** What one port serves besides health and reflection. */
interface Served {
  readonly services: readonly DescService[];
  readonly dialects: readonly Dialect[];
  readonly routes: readonly Route[];
  /** Pages on which people enter codes, where what they load was built. */
  readonly screens: ScreenFiles | undefined;
  /** Its pages may call it wherever they were loaded from this machine. */
  readonly trustsLoopback: boolean;
}

/** Everything that is served: on one port, or what is for operators on a second one. */
export function composeTransports(parts: Parts): Listeners {
  const { config, secrets, keys, limiter, workspaces, inbox, scrape } = parts;
  const oauth = createOAuth({ keys, accessTokens: secrets.accessTokens, limiter, workspaces });
  const dialects = [beneficiary, oauth, createMultichannel(secrets.sessionTokens), messaging];
  const isDevelopment = config.env === 'development';
  const hasDocs = (config.docs ?? (isDevelopment ? '1' : '0')) === '1';
  const isApart = config.operatorPort !== undefined;
  const assets = parts.screens ? assetRoutes(parts.screens) : [];
  const operatorsConsole = parts.screens && config.console !== 'off' ? consoleRoutes(parts.screens) : [];
  // Its rpcs are on the operators' port alone, where there is one.
  const hasConsole: boolean = !isApart && (config.console ?? (isDevelopment ? 'on' : 'off')) === 'on';
  const landing = composeLanding(parts, { hasDocs, hasConsole, isApart });
  const metrics = (open: MetricsAccess['open']) => metricsRoute(scrape, { token: config.metricsToken, open });
  const main = composeListener(parts, {
    // The inbox is for developers, by a token of its own: with its page, on the port that everyone uses.
    services: [
      ...(isApart ? SERVICES.filter((service) => !isForOperators(service)) : SERVICES),
      ...(inbox ? [InboxService] : []),
    ],
    dialects,
    routes: [
      openapiRoute(dialects),
      ...(hasDocs ? docsRoutes(findSwaggerUi()) : []),
      ...(isApart ? [] : [metrics(config.env === 'production' ? 'no one' : 'this machine')]),
      ...parts.callbacks,
      ...landing,
      ...assets,
      ...(parts.screens && isDevelopment && hasConsole ? componentsRoute(parts.screens) : []),
      ...(hasConsole ? operatorsConsole : []),
      ...(parts.screens && !isApart ? portalRoutes(parts.screens) : []),
      ...(inbox ? [inboxRoute({ inbox: inbox.inbox, access: createInboxAccess(inbox.token) })] : []),
      ...(inbox && parts.screens ? [inboxPageRoute(parts.screens)] : []),
      // Messages are shown without the built pages, too.
      ...(inbox || hasConsole ? [previewRoute(parts.previews)] : []),
    ],
    screens: parts.screens,
    trustsLoopback: isDevelopment,
  });
  const operator = isApart
    ? composeListener(parts, {
        services: SERVICES,
        dialects: [oauth],
        routes: [metrics('everyone'), ...assets, ...operatorsConsole, previewRoute(parts.previews)],
        screens: undefined,
        // Operators reach it through a tunnel, under a name of their own machine.
        trustsLoopback: true,
      })
    : undefined;
  return { main, operator };
}

/** What `/` shows or leads to: in production nothing, unless OTP_LANDING says so. */
function composeLanding(
  { config, screens, clock }: Parts,
  { hasDocs, hasConsole, isApart }: Readonly<Record<'hasDocs' | 'hasConsole' | 'isApart', boolean>>,
): Route[] {
  if (!screens) return [];
  if (config.landing === 'console') return [toConsoleRoute()];
  if (config.env !== 'development') return [];
  const store = config.mongodbUri ? 'MongoDB' : 'embedded store';
  const hasMetrics = !isApart && config.metricsToken === undefined;
  const isEncrypted = config.tlsCert !== undefined;
  const shown = { version: VERSION, store, isEncrypted, hasDocs, hasConsole, hasMetrics };
  return [landingRoute({ ...shown, files: screens, now: () => clock.now() })];
}

const isForOperators = ({ typeName }: DescService): boolean => typeName.startsWith('otp.admin.');

function composeListener(
  parts: Parts,
  { services, dialects, routes, screens, trustsLoopback }: Served,
): Listener {
  const { config, checkStore, pipeline, newId, serving, tls, clock, metrics, log, siblings } = parts;
  const keepAliveMs = config.keepAliveSeconds * 1_000;
  const limits = shareLimits(httpLimits({ keepAliveMs }), siblings?.count ?? 1);
  const trustedProxies = networks(config.trustedProxies);
  const names = [...services, ...STANDARD].map(({ typeName }) => typeName);
  const peerOf = (req: HttpRequest) => peerAddress(req, trustedProxies);
  const originOf = createForeignOrigin({ publicUrl: config.publicUrl, trustsLoopback });
  const rejectedRequests = composeRejectedRequests({ newId, peerOf, metrics, log });
  const connect = createRpcHandler({
    routes(router) {
      bindServices(router, services, pipeline);
      serveHealth(router, names, serving);
      serveReflection(router, contractSet, names);
    },
    peerOf,
    originOf,
    rejectedRequests,
  });
  const rpc = createUnaryHandler({
    services,
    pipeline,
    peerOf,
    originOf,
    rejectedRequests,
    fallback: connect,
  });
  const readiness = {
    state: () => {
      const state = serving.state();
      // The port is that of all processes: a request may reach one that is not ready.
      return state === 'ready' && siblings?.areReady() === false ? 'starting' : state;
    },
    details: () => serving.details(),
    check: () => checkStore(),
  };
  const router = createRouter([
    ...rpcRoutes(names, rpc),
    ...healthRoutes(readiness, clock, limits.readinessMs),
    ...dialects.flatMap((dialect) =>
      dialectRoutes(dialect, { pipeline, peerOf, originOf, rejectedRequests, clock }),
    ),
    ...(screens ? widgetRoutes(screens) : []),
    ...(screens ? [logoRoute(createLogos(parts.documents))] : []),
    ...(screens
      ? verificationRoutes({
          ...parts,
          files: screens,
          pages: createPages(parts.documents, clock),
          sessionTokens: parts.secrets.sessionTokens,
          publicUrl: config.publicUrl,
          peerOf,
        })
      : []),
    ...routes,
  ]);
  return createListener({
    handler: noticeSetup(router, { env: config.env, trustedProxies, serving, log }),
    limits,
    trustedProxies,
    tls,
    rejectedRequests,
  });
}
