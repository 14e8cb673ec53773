import type { ProviderService } from '../../../gen/otp/admin/v1/provider_service_pb.js';
import type { Call } from '../../call/call.js';
import type { Handlers } from '../../call/handlers.js';
import type { Accounts } from '../../delivery/accounts/accounts.js';
import { accountId, type StoredAccount } from '../../delivery/accounts/stored.js';
import type { WorkspaceRoutes } from '../../delivery/accounts/workspaceRoutes.js';
import type { Breakers } from '../../delivery/breakers.js';
import type { Provider } from '../../delivery/provider.js';
import type { Routes } from '../../delivery/providerOrder.js';
import { CHANNELS, type ChannelName, channelName } from '../../domain/channels.js';
import { Failure, invalid } from '../../errors.js';
import type { FairPool } from '../../fairness/fairPool.js';
import { withTimeLimit } from '../../platform/timeLimit.js';
import type { StoredSession } from '../../session/stored.js';
import { workspaceOf } from '../../store/documentId.js';
import { deliveriesOf } from '../sessions/deliveries.js';
import { namedChannel } from '../shared/channel.js';
import { ALL_WORKSPACES, listedWorkspace, requireLive, targetWorkspace } from '../shared/target.js';
import { type AccountHandlersDeps, createAccountHandlers } from './accountHandlers.js';
import { createSendTest, type SendTestDeps } from './sendTestMessage.js';
import { type Standing, standingsOf } from './standings.js';
import { checkToProto, providerToProto } from './toProto.js';
import { readUses, type Uses, useKey } from './use.js';

interface Deps extends SendTestDeps, AccountHandlersDeps {
  readonly routes: Routes;
  readonly workspaceRoutes: WorkspaceRoutes;
  readonly accounts: Accounts;
  readonly breakers: Pick<Breakers, 'states'>;
  readonly listing: FairPool;
}

/** The providers of a workspace: how they do, and tests of them. */
export function createProviderHandlers(deps: Deps): Handlers<typeof ProviderService> {
  const { documents, sessions, routes, workspaceRoutes, accounts, workspaces, listing, clock } = deps;
  const stored = documents.collection<StoredAccount>('providerAccounts');
  const sendTest = createSendTest(deps);

  function providersOf(all: readonly Standing[], channel: ChannelName, uses: Uses) {
    const use = ({ name }: Standing) => uses.get(useKey(channel, name));
    const accepted = all
      .flatMap((standing) => use(standing)?.attempts ?? [])
      .filter(({ outcome }) => outcome === 'accepted').length;
    return all.map((standing) => providerToProto(standing, use(standing), accepted));
  }

  async function onAnyChannel(workspace: string, name: string): Promise<Provider | undefined> {
    for (const channel of CHANNELS) {
      const found = await workspaceRoutes.named(workspace, channel, name);
      if (found) return found;
    }
    return undefined;
  }

  /** The workspace that a call acts on. Throws NOT_FOUND for one that does not exist. */
  async function existing(call: Call, requested: string): Promise<string> {
    const workspace = targetWorkspace(call, requested);
    if (workspace !== call.principal.workspace && !(await workspaces.exists(workspace)))
      throw new Failure('NOT_FOUND');
    return workspace;
  }

  /** Of an account that cannot be opened the reason: it is lost where it was restored without its key ring. */
  async function notThere(workspace: string, name: string): Promise<Failure> {
    const isClosed =
      (await stored.findOne({ _id: accountId(workspace, name) })) !== null &&
      (await accounts.of(workspace)).every((account) => account.name !== name);
    return isClosed
      ? invalid('provider', 'must be an account whose secrets open with the key ring: set them again')
      : new Failure('NOT_FOUND');
  }

  return {
    ...createAccountHandlers(deps),

    async listProviders(call, { workspace: requested, channel }) {
      const workspace =
        requested === ALL_WORKSPACES ? listedWorkspace(call, requested) : await existing(call, requested);
      const { routes: wanted } = await workspaces.get(workspace ?? call.principal.workspace);
      const own = workspace === undefined ? [] : await accounts.of(workspace);
      const all = standingsOf(deps, { wanted, own });
      const first = new Map(CHANNELS.map((one) => [one, all.find(isFirst(one))?.name]));
      const firstOf = (session: StoredSession, of: ChannelName) =>
        session.onlyProvider ??
        (workspaceOf(session) === workspace ? first.get(of) : routes.of({}, of)[0]?.name);
      const slot = listing.enter(call.principal, call.signal);
      try {
        const uses = await slot.run(() => readUses(sessions, workspace, { now: clock.now(), firstOf }));
        const named = channelName(channel);
        const shown = CHANNELS.filter((one) => named === undefined || one === named);
        return {
          providers: shown.flatMap((one) =>
            providersOf(
              all.filter((standing) => standing.channel === one),
              one,
              uses,
            ),
          ),
        };
      } finally {
        slot.leave();
      }
    },

    async testProvider(call, { workspace: requested, provider: name }) {
      requireLive(call);
      const workspace = await existing(call, requested);
      const provider = await onAnyChannel(workspace, name);
      if (!provider) throw await notThere(workspace, name);
      call.resource = `providers/${name}`;
      if (!provider.check) return { supported: false, passed: false };
      const [at, begunAt] = [clock.now(), performance.now()];
      const check = provider.check.bind(provider);
      const outcome = await withTimeLimit(clock, provider.timeoutMs, check);
      const attempt = checkToProto(name, outcome, { at, ms: performance.now() - begunAt });
      return { supported: true, passed: outcome.kind === 'accepted', attempt };
    },

    async sendTestMessage(call, request) {
      requireLive(call);
      const workspace = await existing(call, request.workspace);
      const channel = namedChannel(request.channel);
      const provider = request.provider || undefined;
      const named = provider && (await workspaceRoutes.named(workspace, channel, provider));
      if (provider !== undefined && !named) throw await notThere(workspace, provider);
      const { routes: wanted } = await workspaces.get(workspace);
      const asked = named ? [named] : await workspaceRoutes.of(workspace, wanted, { channel });
      const timeoutMs = Math.max(0, ...asked.map((one) => one.timeoutMs));
      const session = await sendTest(call, request, { workspace, channel, provider, timeoutMs });
      call.resource = `sessions/${session._id.slice(workspace.length + 1)}`;
      return { delivery: deliveriesOf(session)[0]! };
    },
  };
}

const isFirst = (channel: ChannelName) => (standing: Standing) =>
  standing.channel === channel && standing.position === 1;
