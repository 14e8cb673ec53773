import { RequirementService } from '../../gen/otp/v1/requirement_service_pb.js';
import { createContacts } from '../admin/contacts/contacts.js';
import { createJobs } from '../admin/jobs/jobs.js';
import { createApiKeys } from '../admin/keys/apiKeys.js';
import { createRevokedLog, logRevocations } from '../admin/keys/revokedLog.js';
import { createRefusals } from '../admin/refusals/refusals.js';
import { createRecipientRules } from '../admin/rules/rules.js';
import { createSuppress } from '../admin/rules/suppress.js';
import { createRuleWriter } from '../admin/rules/writeRule.js';
import { createSenders } from '../admin/senders/senders.js';
import { createRequirementHandlers } from '../admin/sponsors/requirement.js';
import { createSponsors } from '../admin/sponsors/sponsors.js';
import { createTemplates } from '../admin/templates/templates.js';
import { createWallet } from '../admin/wallet/wallet.js';
import { createWorkspaces } from '../admin/workspaces/workspaces.js';
import { createHandlerTable, registerService } from '../call/handlers.js';
import type { Config } from '../config/config.js';
import { checkRules } from '../contract/validation.js';
import { createBreakers } from '../delivery/breakers.js';
import { createPreviews } from '../delivery/previews.js';
import { VENDORS } from '../delivery/vendors/index.js';
import { createIds } from '../domain/ids.js';
import { createExpire } from '../effects/expire.js';
import { createFairPool } from '../fairness/fairPool.js';
import { createLimiter } from '../limits/limiter.js';
import { createRecipientBudget } from '../limits/recipientBudget/recipientBudget.js';
import type { RuleName } from '../limits/rules.js';
import { createLog, createLogOutput } from '../observe/log.js';
import { Serving } from '../observe/readiness.js';
import { createHandlers } from '../otp/index.js';
import { createOutbound } from '../outbound/outbound.js';
import { createAuthenticate } from '../pipeline/authenticate.js';
import { authorise } from '../pipeline/authorise.js';
import { createCheckOrigin } from '../pipeline/checkOrigin.js';
import { createPipeline } from '../pipeline/index.js';
import { createLimitClient } from '../pipeline/limitClient.js';
import { systemClock } from '../platform/clock.js';
import { systemRandom } from '../platform/random.js';
import { findScreens, readScreens } from '../screens/files.js';
import { beginMetadataKeys } from '../session/metadataKeys.js';
import { type SealingKeys, sealSessions } from '../session/sealSessions.js';
import type { StoredSession } from '../session/stored.js';
import type { StoreRefused } from '../store/documents.js';
import { enterFormat } from '../store/format.js';
import { composeAdmin } from './admin.js';
import { composeAudit } from './audit.js';
import { composeCallbacks } from './callbacks.js';
import { composeGuard } from './guard.js';
import { composeInbox } from './inbox.js';
import { composeLifecycle } from './lifecycle.js';
import { composeMetricsEndpoint } from './metricsEndpoint.js';
import { openStore } from './openStore.js';
import { composeProcesses } from './processes.js';
import { composeProviders, createIsBuiltIn } from './providers.js';
import { composeQueues } from './queues.js';
import { composeSecrets } from './secrets.js';
import type { Overrides, Service } from './service.js';
import { composeSessionStreams } from './sessionStreams.js';
import { composeStats } from './stats.js';
import { decorateStore } from './store.js';
import { composeTelemetry } from './telemetry.js';
import { readTls } from './tls.js';
import { composeTransports, type Listeners } from './transports.js';
import { composeWebhooks, type Hooks } from './webhooks.js';

/** Listings read at once, how many may wait, and what a turn of one usually takes. */
const LISTING = { concurrency: 2, waitingRoom: 64, usualMs: 15 };
/** Templates are parsed and rendered one at a time, on the thread that serves everything. */
const PREVIEWS = { concurrency: 1, waitingRoom: 64, usualMs: 2 };

/** Builds the whole service. Nothing else constructs anything. */
export async function compose(config: Config, overrides: Overrides = {}): Promise<Service> {
  const { clock = systemClock, random = systemRandom, logOutput = createLogOutput(), siblings } = overrides;
  const log = createLog(config.logLevel, logOutput.stream);
  const newId = createIds(clock, random);
  const tls = await readTls(config);
  const serving = new Serving();
  const observing = await composeTelemetry(config, log);
  const { metrics, tracing } = observing;
  const { refused, refuse } = composeRefusal(serving);
  const engine = overrides.documents ?? (await openStore(config, clock, refuse));
  // The key ring is in the store, and opened before the first session is read.
  let keyRing: SealingKeys | undefined;
  const store = decorateStore(engine, observing, (inner) =>
    sealSessions(inner, () => {
      if (!keyRing) throw new Error('sessions are read before the key ring is open');
      return keyRing;
    }),
  );
  const { documents } = store;
  await enterFormat(documents, clock);
  const ownLeases = await composeProcesses({ config, documents, log });
  const expire = createExpire(documents.collection<StoredSession>('sessions'), clock);
  const { hub, streams } = composeSessionStreams({ ...store, expire, serving, clock, log });
  const vendors = overrides.vendors ?? VENDORS;
  const isBuiltIn = createIsBuiltIn(vendors, overrides.providers ?? {});
  const { counter, stats } = composeStats({ ...store, isBuiltIn, metrics, clock, log });
  const secrets = await composeSecrets(config, { documents, clock, random, log, observing });
  keyRing = secrets;
  await beginMetadataKeys(documents, clock);
  const apiKeys = createApiKeys(documents, clock, random, newId);
  // In the data folder, because the embedded store there is what backups are restored to.
  const keys = config.mongodbUri ? apiKeys : logRevocations(apiKeys, createRevokedLog(config.dataDir, clock));
  const workspaces = createWorkspaces(documents, clock);

  const limitRefused = (rule: RuleName) => metrics.limitRefusals.add({ rule });
  const limiter = createLimiter(documents, clock, random, limitRefused);
  const budget = createRecipientBudget({ documents, clock, random, refused: limitRefused });
  const sponsors = createSponsors(documents, secrets.encryption, clock);
  const senders = createSenders(documents, clock);
  const templates = createTemplates(documents, workspaces, clock);
  const contacts = createContacts(documents, secrets.encryption, secrets.fingerprints);
  const wallet = createWallet({ documents, newId, clock, log });
  const outbound = createOutbound({
    publicOnly: config.env === 'production',
    allowed: config.webhookNetworks,
  });
  const guarding = composeGuard({
    config,
    documents,
    secrets,
    wallet,
    budget,
    outbound,
    refused: stats.refused,
    newId,
    clock,
    log,
  });
  const jobs = createJobs(documents, clock);
  const { auditChain, auditStreams } = composeAudit({ documents, random, clock });
  const rules = createRecipientRules(documents, clock);
  const ruleWriter = createRuleWriter({ documents, rules, newId, clock });
  const refusals = createRefusals({
    documents,
    process: newId(),
    counted: stats.refusedTotal,
    clock,
    log,
  });
  const flushCounts = async () => {
    await counter.flush();
    await refusals.flush();
  };
  const common = {
    ...guarding,
    refusals,
    auditChain,
    rules,
    ruleWriter,
    suppress: createSuppress(ruleWriter, clock),
    jobs,
    ...ownLeases,
    config,
    vendors,
    isBuiltIn,
    documents,
    secrets,
    workspaces,
    budget,
    sponsors,
    senders,
    templates,
    contacts,
    wallet,
    expire,
    newId,
    clock,
    random,
    metrics,
    tracing,
    log,
  };
  const breakers = createBreakers(clock);
  const {
    inbox,
    close: closeProviders,
    ...providers
  } = await composeProviders({ ...common, breakers }, overrides.providers ?? {});
  const hooks: Hooks = composeWebhooks({ ...common, outbound, offer: (line) => queues.webhooks.offer(line) });
  const { queues, outbox, newSearch } = composeQueues({
    ...common,
    ...providers,
    breakers,
    hooks,
    flushCounts,
  });
  const listing = createFairPool({ ...LISTING, clock });

  /** In development, where nothing else says how the service is reached: as this machine reaches it. */
  const ownUrl = () =>
    config.env === 'development' && ownPort !== undefined
      ? `${config.tlsCert ? 'https' : 'http'}://127.0.0.1:${ownPort}`
      : undefined;
  let ownPort: number | undefined;
  const baseUrl = () => config.publicUrl?.replace(/\/$/, '') ?? ownUrl();
  const otp = createHandlers({
    ...common,
    ...secrets,
    limiter,
    listing,
    codes: { hasher: secrets.hasher, encryption: secrets.encryption, random },
    supports: async ({ _id, routes: wanted }, channel, withTransaction) =>
      (await providers.workspaceRoutes.of(_id, wanted, { channel, withTransaction })).length > 0,
    outbox,
    events: queues.events,
    baseUrl,
    development: config.env === 'development',
    sent: stats.sent,
    listening: hooks.webhooks.listening,
    checked: (session, channel, result) => {
      metrics.codesChecked.add({ channel, result });
      if (result === 'INVALID_CODE') stats.wrongCode(session, channel);
    },
  });
  const htmlPreviews = createPreviews({ ...common, ...secrets });
  const admin = composeAdmin({
    ...common,
    ...hooks,
    otp,
    listing,
    limiter,
    keys,
    ...providers,
    breakers,
    hub,
    outbound,
    counter,
    // Where the administration has a port of its own, browsers of tenants do not reach it.
    portalUrl: () => (config.operatorPort === undefined ? baseUrl() : undefined),
    previews: createFairPool({ ...PREVIEWS, clock }),
    htmlPreviews,
    serving,
  });
  const inboxRpcs = composeInbox({ ...common, inbox, previews: htmlPreviews, serving });
  const pipeline = createPipeline({
    steps: {
      authenticate: createAuthenticate({ ...secrets, keys, workspaces, inboxToken: inbox?.token }),
      checkOrigin: createCheckOrigin(workspaces),
      limitClient: createLimitClient(limiter, workspaces),
      validate: ({ method }, request) => checkRules(method.input, request),
      authorise,
    },
    handlers: createHandlerTable(
      [
        ...otp,
        ...registerService(RequirementService, createRequirementHandlers(documents, sponsors)),
        ...admin.unary,
        ...inboxRpcs.unary,
      ],
      [...streams, ...admin.streams, ...auditStreams, ...inboxRpcs.streams],
    ),
    newRequestId: newId,
    clock,
    log,
    metrics,
    tracing,
  });
  const scraping = composeMetricsEndpoint({
    ...common,
    pool: secrets.pool,
    breakers,
    queues,
    droppedLines: logOutput.dropped,
    connections: () => listeners.main.connections() + (listeners.operator?.connections() ?? 0),
  });
  const screens = overrides.screens === undefined ? findScreens() : (overrides.screens ?? undefined);
  const listeners: Listeners = composeTransports({
    ...common,
    screens: screens === undefined ? undefined : readScreens(screens),
    checkStore: store.checkStore,
    keys,
    limiter,
    pipeline,
    inbox,
    previews: htmlPreviews,
    serving,
    tls,
    callbacks: await composeCallbacks({ ...common, accounts: providers.accounts, queues }),
    scrape: siblings?.shareMetrics(scraping.scrape) ?? scraping.scrape,
    siblings,
  });

  return composeLifecycle({
    ...common,
    refused,
    refuse,
    serving,
    tls,
    listeners,
    breakers,
    queues,
    newSearch,
    keys,
    inbox,
    outbound,
    scraping,
    logOutput,
    listening: (port) => {
      ownPort = port;
    },
    stopRefreshingSecrets: secrets.stopRefreshing,
    closeProviders,
    flushCounts,
  });
}

/** What happens once the store may not be used any more: no more requests, and the process is asked to end. */
function composeRefusal(serving: Serving) {
  let refuse: (why: StoreRefused) => void = () => {};
  const refused = new Promise<StoreRefused>((resolve) => {
    refuse = (why) => {
      serving.become('stopping');
      resolve(why);
    };
  });
  return { refused, refuse };
}
