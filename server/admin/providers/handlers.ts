import type { ProviderService } from '../../../gen/otp/admin/v1/provider_service_pb.js';
import type { Call } from '../../call/call.js';
import type { Handlers } from '../../call/handlers.js';
import type { Breakers } from '../../delivery/breakers.js';
import type { Provider } from '../../delivery/provider.js';
import type { RouteNames, Routes } from '../../delivery/providerOrder.js';
import type { Vendor } from '../../delivery/vendors/vendor.js';
import { CHANNELS, type ChannelName, channelName } from '../../domain/channels.js';
import { Failure } from '../../errors.js';
import type { FairPool } from '../../fairness/fairPool.js';
import { withTimeLimit } from '../../platform/timeLimit.js';
import type { StoredSession } from '../../session/stored.js';
import { workspaceOf } from '../../store/documentId.js';
import { deliveriesOf } from '../sessions/deliveries.js';
import { namedChannel } from '../shared/channel.js';
import { ALL_WORKSPACES, listedWorkspace, requireLive, targetWorkspace } from '../shared/target.js';
import type { Workspaces } from '../workspaces/workspaces.js';
import { createSendTest, type SendTestDeps } from './sendTestMessage.js';
import { checkToProto, providerToProto, type Standing } from './toProto.js';
import { readUses, type Uses, useKey } from './use.js';

interface Deps extends SendTestDeps {
  readonly routes: Routes;
  /** Every vendor that could be configured. */
  readonly vendors: readonly Pick<Vendor, 'name' | 'channels'>[];
  readonly breakers: Pick<Breakers, 'states'>;
  readonly workspaces: Workspaces;
  readonly listing: FairPool;
}

/** The providers of a workspace: how they do, and tests of them. */
export function createProviderHandlers(deps: Deps): Handlers<typeof ProviderService> {
  const { sessions, routes, vendors, breakers, workspaces, listing, clock } = deps;
  const sendTest = createSendTest(deps);

  /** Every provider that serves a channel, those of the route first and in its order. */
  function standings(wanted: RouteNames, channel: ChannelName): Standing[] {
    const route = routes.of(wanted, channel).map(({ name }) => name);
    const others = routes.names(channel).filter((name) => !route.includes(name));
    const missing = vendors
      .filter((vendor) => vendor.channels.includes(channel))
      .map(({ name }) => name)
      .filter((name) => !route.includes(name) && !others.includes(name));
    const states = new Map(breakers.states().map(({ provider, state }) => [provider, state]));
    return [...route, ...others, ...missing].map((name) => {
      const provider = configured(channel, name);
      return {
        channel,
        name,
        position: route.indexOf(name) + 1,
        configured: provider !== undefined,
        hasReceipts: provider?.reports === true,
        canTest: provider?.check !== undefined,
        breaker: states.get(name) ?? 'closed',
      };
    });
  }

  function providersOf(wanted: RouteNames, channel: ChannelName, uses: Uses) {
    const all = standings(wanted, channel);
    const use = ({ name }: Standing) => uses.get(useKey(channel, name));
    const accepted = all
      .flatMap((standing) => use(standing)?.attempts ?? [])
      .filter(({ outcome }) => outcome === 'accepted').length;
    return all.map((standing) => providerToProto(standing, use(standing), accepted));
  }

  const configured = (channel: ChannelName, name: string): Provider | undefined =>
    routes.of({ [channel]: [name] }, channel).find((one) => one.name === name);

  const onAnyChannel = (name: string): Provider | undefined =>
    CHANNELS.map((channel) => configured(channel, name)).find((one) => one !== undefined);

  /** The workspace that a call acts on. Throws NOT_FOUND for one that does not exist. */
  async function existing(call: Call, requested: string): Promise<string> {
    const workspace = targetWorkspace(call, requested);
    if (workspace !== call.principal.workspace && !(await workspaces.exists(workspace)))
      throw new Failure('NOT_FOUND');
    return workspace;
  }

  return {
    async listProviders(call, { workspace: requested, channel }) {
      const workspace =
        requested === ALL_WORKSPACES ? listedWorkspace(call, requested) : await existing(call, requested);
      const { routes: wanted } = await workspaces.get(workspace ?? call.principal.workspace);
      const firstOf = (session: StoredSession, of: ChannelName) =>
        session.onlyProvider ?? routes.of(workspaceOf(session) === workspace ? wanted : {}, of)[0]?.name;
      const slot = listing.enter(call.principal, call.signal);
      try {
        const uses = await slot.run(() => readUses(sessions, workspace, { now: clock.now(), firstOf }));
        const named = channelName(channel);
        const shown = CHANNELS.filter((one) => named === undefined || one === named);
        return { providers: shown.flatMap((one) => providersOf(wanted, one, uses)) };
      } finally {
        slot.leave();
      }
    },

    async testProvider(call, { workspace: requested, provider: name }) {
      requireLive(call);
      await existing(call, requested);
      const provider = onAnyChannel(name);
      if (!provider) throw new Failure('NOT_FOUND');
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
      if (provider !== undefined && !configured(channel, provider)) throw new Failure('NOT_FOUND');
      const session = await sendTest(call, request, { workspace, channel, provider });
      call.resource = `sessions/${session._id.slice(workspace.length + 1)}`;
      return { delivery: deliveriesOf(session)[0]! };
    },
  };
}
