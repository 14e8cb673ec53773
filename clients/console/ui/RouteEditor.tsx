import { useSignal } from '@preact/signals';
import type { Provider } from '../../../gen/otp/admin/v1/provider_service_pb.js';
import { WorkspaceService } from '../../../gen/otp/admin/v1/workspace_service_pb.js';
import type { Channel } from '../../../gen/otp/v1/session_pb.js';
import { Icon } from '../../look/Icon.js';
import { api, inWorkspace, target } from '../api.js';
import { channelOf } from '../words.js';
import { Action } from './Action.js';
import { say } from './toast.js';

interface Props {
  readonly channel: Channel;
  readonly providers: readonly Provider[];
  readonly again: () => void;
}

/** Changes the order in which the providers of a channel are used. */
export function RouteEditor({ channel, providers, again }: Props) {
  const usable = providers.filter(({ configured }) => configured).map(({ name }) => name);
  const inRoute = providers.filter(({ position }) => position > 0).map(({ name }) => name);
  const order = useSignal<readonly string[]>(inRoute);
  const place = (name: string, by: number) => {
    const at = order.value.indexOf(name);
    const next = order.value.filter((one) => one !== name);
    next.splice(at + by, 0, name);
    order.value = next;
  };
  return (
    <Action
      label="Order…"
      look="quiet"
      method={WorkspaceService.method.updateWorkspace}
      title={`Providers of ${channelOf(channel)}, first to last`}
      submit="Save the order"
      onSubmit={async () => {
        const { workspace } = await api.workspaces.getWorkspace(inWorkspace());
        const others = (workspace?.routes ?? []).filter((route) => route.channel !== channel);
        const own = order.value.length > 0 ? [{ channel, providers: [...order.value] }] : [];
        await api.workspaces.updateWorkspace({
          workspace: { name: target().workspace, routes: [...others, ...own] },
          updateMask: { paths: ['routes'] },
        });
        say('The order is saved.');
        again();
        return undefined;
      }}
    >
      <ol class="route">
        {order.value.map((name, at) => (
          <li key={name}>
            <span>
              {at + 1}. <b>{name}</b>
            </span>
            <button
              type="button"
              class="button quiet square"
              aria-label={`${name} earlier`}
              aria-disabled={at === 0}
              onClick={() => at > 0 && place(name, -1)}
            >
              <Icon name="up" />
            </button>
            <button
              type="button"
              class="button quiet square"
              aria-label={`${name} later`}
              aria-disabled={at === order.value.length - 1}
              onClick={() => at < order.value.length - 1 && place(name, 1)}
            >
              <Icon name="down" />
            </button>
            <button
              type="button"
              class="button quiet square"
              aria-label={`${name} not used`}
              onClick={() => {
                order.value = order.value.filter((one) => one !== name);
              }}
            >
              <Icon name="close" />
            </button>
          </li>
        ))}
      </ol>
      {usable
        .filter((name) => !order.value.includes(name))
        .map((name) => (
          <button
            key={name}
            type="button"
            class="button quiet small"
            onClick={() => {
              order.value = [...order.value, name];
            }}
          >
            <Icon name="plus" /> Use {name}
          </button>
        ))}
      {order.value.length === 0 && (
        <p class="soft">Without an order of its own, that of the service’s settings.</p>
      )}
    </Action>
  );
}
