import type { ChannelName } from '../domain/channels.js';
import type { Provider } from './provider.js';

/** Names of providers by channel, in the order in which a workspace wants them used. */
export type RouteNames = Readonly<Partial<Record<ChannelName, readonly string[]>>>;

/** Which providers a workspace's messages go to. */
export interface Routes {
  /**
   * The providers of a channel in the order in which they are used: the ones
   * the workspace names, or all of them in the service's own order. A provider
   * that is named and no longer configured is left out, and so is one that cannot
   * show a transaction where the message has to.
   */
  of(wanted: RouteNames, channel: ChannelName, withTransaction?: boolean): readonly Provider[];
  /** What a workspace can name for a channel. */
  names(channel: ChannelName): readonly string[];
}

/** `substitute` is used where no other provider serves a channel, or where it is named. */
export function createRoutes(providers: readonly Provider[], substitute?: Provider): Routes {
  const serving = (channel: ChannelName, among: readonly Provider[]) =>
    among.filter(({ channels }) => channels.includes(channel));
  const all = substitute ? [...providers, substitute] : providers;
  return {
    of(wanted, channel, withTransaction = false) {
      const fit = ({ fixedText }: Provider) => !withTransaction || !fixedText?.includes(channel);
      const known = serving(channel, all).filter(fit);
      const named = wanted[channel] ?? [];
      if (named.length > 0) return named.flatMap((name) => known.find((one) => one.name === name) ?? []);
      const standard = serving(channel, providers).filter(fit);
      return standard.length > 0 ? standard : known;
    },
    names: (channel) => serving(channel, all).map(({ name }) => name),
  };
}
