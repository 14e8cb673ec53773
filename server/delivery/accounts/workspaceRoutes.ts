import type { ChannelName } from '../../domain/channels.js';
import type { Provider } from '../provider.js';
import type { RouteNames, Routes } from '../providerOrder.js';
import { type Accounts, servesChannel } from './accounts.js';

/** Which providers the messages of a workspace go to, its own accounts among them. */
export interface WorkspaceRoutes {
  /** As `Routes.of`. Accounts are looked up only where `wanted` names what the service itself does not have. */
  of(
    workspace: string,
    wanted: RouteNames,
    about: { readonly channel: ChannelName; readonly withTransaction?: boolean },
  ): Promise<readonly Provider[]>;
  /** A provider by its name, also an account that is disabled; undefined for one that does not serve the channel. */
  named(workspace: string, channel: ChannelName, name: string): Promise<Provider | undefined>;
  /** What the workspace can name for a channel, by what its accounts are now. */
  namesOf(workspace: string): Promise<Pick<Routes, 'names'>>;
  /** Whether the name is that of a provider of the service itself, configured or not. */
  isBuiltIn(name: string): boolean;
}

interface Deps {
  readonly routes: Routes;
  readonly accounts: Accounts;
  readonly isBuiltIn: (name: string) => boolean;
}

export function createWorkspaceRoutes({ routes, accounts, isBuiltIn }: Deps): WorkspaceRoutes {
  return {
    isBuiltIn,
    async of(workspace, wanted, { channel, withTransaction = false }) {
      const names = wanted[channel] ?? [];
      if (names.every(isBuiltIn)) return routes.of(wanted, channel, withTransaction);
      const own = (await accounts.of(workspace)).filter(
        (account) => !account.disabled && servesChannel(account, channel),
      );
      const canShow = ({ fixedText }: Provider) => !withTransaction || !fixedText?.includes(channel);
      return names.flatMap((name) => {
        if (isBuiltIn(name)) return routes.of({ [channel]: [name] }, channel, withTransaction);
        return own.filter((account) => account.name === name && canShow(account.provider)).map(providerOf);
      });
    },
    async named(workspace, channel, name) {
      if (isBuiltIn(name))
        return routes.of({ [channel]: [name] }, channel).find((provider) => provider.name === name);
      const found = (await accounts.of(workspace)).find((account) => account.name === name);
      return found && servesChannel(found, channel) ? found.provider : undefined;
    },
    async namesOf(workspace) {
      accounts.forget(workspace);
      const own = await accounts.of(workspace);
      return {
        names: (channel) => [
          ...routes.names(channel),
          ...own.filter((account) => servesChannel(account, channel)).map(({ name }) => name),
        ],
      };
    },
  };
}

const providerOf = ({ provider }: { readonly provider: Provider }): Provider => provider;
