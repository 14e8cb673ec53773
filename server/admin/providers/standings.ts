import type { MessageInitShape } from '@bufbuild/protobuf';
import type { ProviderSettingSchema } from '../../../gen/otp/admin/v1/provider_service_pb.js';
import { type Account, servesChannel } from '../../delivery/accounts/accounts.js';
import type { BreakerState, Breakers } from '../../delivery/breakers.js';
import { keyOf, type Provider } from '../../delivery/provider.js';
import type { RouteNames, Routes } from '../../delivery/providerOrder.js';
import type { Vendor } from '../../delivery/vendors/vendor.js';
import { CHANNELS, type ChannelName } from '../../domain/channels.js';
import { settingsToProto } from './accountToProto.js';

/** A provider on one channel, as it is set up. */
export interface Standing {
  readonly channel: ChannelName;
  readonly name: string;
  /** The vendor of an account; otherwise the name. */
  readonly kind: string;
  /** From 1; 0: not in the route. */
  readonly position: number;
  readonly configured: boolean;
  readonly settings: readonly MessageInitShape<typeof ProviderSettingSchema>[];
  readonly hasReceipts: boolean;
  readonly canTest: boolean;
  readonly breaker: BreakerState;
  readonly breakerSince: Date | undefined;
}

interface Deps {
  readonly routes: Routes;
  /** Every vendor that could be configured. */
  readonly vendors: readonly Vendor[];
  readonly breakers: Pick<Breakers, 'states'>;
}

/** A provider, or the name of a vendor that is not configured. */
interface Candidate {
  readonly name: string;
  readonly kind: string;
  readonly provider?: Provider;
}

/** Every provider that serves a channel, those of the route first and in its order. */
export function standingsOf(
  { routes, vendors, breakers }: Deps,
  { wanted, own }: { readonly wanted: RouteNames; readonly own: readonly Account[] },
): readonly Standing[] {
  const states = new Map(breakers.states().map((state) => [state.provider, state]));
  return CHANNELS.flatMap((channel) => {
    const candidates = candidatesOf(channel);
    const named = wanted[channel] ?? [];
    const usual = routes.of({}, channel).map(({ name }) => name);
    const isUsable = (name: string) =>
      candidates.some((one) => one.name === name && one.provider) && !isDisabled(name);
    const route = (named.length > 0 ? named : usual).filter(isUsable);
    const outside = candidates.filter(({ name }) => !route.includes(name));
    const inRoute = route.flatMap((name) => candidates.find((one) => one.name === name) ?? []);
    return [...inRoute, ...outside].map(({ name, kind, provider }): Standing => {
      const vendor = vendors.find((one) => one.name === kind);
      const state = provider && states.get(keyOf(provider));
      return {
        channel,
        name,
        kind,
        position: route.indexOf(name) + 1,
        configured: provider !== undefined,
        settings: vendor ? settingsToProto(vendor) : [],
        hasReceipts: provider?.reports === true,
        canTest: provider?.check !== undefined,
        breaker: state?.state ?? 'closed',
        breakerSince: state?.since === undefined ? undefined : new Date(state.since),
      };
    });
  });

  /** The service's own, the accounts, and the vendors that are not configured. */
  function candidatesOf(channel: ChannelName): readonly Candidate[] {
    const names = routes.names(channel);
    const builtIn = names.flatMap((name) => {
      const provider = routes.of({ [channel]: [name] }, channel)[0];
      return provider ? [{ name, kind: name, provider }] : [];
    });
    const accounts = own.filter((account) => servesChannel(account, channel));
    const missing = vendors.filter(
      ({ name, channels }) => channels.includes(channel) && !names.includes(name),
    );
    return [...builtIn, ...accounts, ...missing.map(({ name }) => ({ name, kind: name }))];
  }

  function isDisabled(name: string): boolean {
    return own.some((account) => account.name === name && account.disabled);
  }
}
