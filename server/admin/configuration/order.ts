import { ConfigurationAction } from '../../../gen/otp/admin/v1/configuration_service_pb.js';
import { WorkspaceService } from '../../../gen/otp/admin/v1/workspace_service_pb.js';
import type { PlannedChange } from './plan.js';

/** A change and the name of its section. */
interface Sectioned<C extends PlannedChange> {
  readonly section: string;
  readonly change: C;
}

/**
 * The changes of one workspace in the order in which they are made: accounts
 * before the routes that name them, which for a new workspace are a change of
 * their own. An account that goes does so after the routes: its section follows.
 */
export function inOrder<C extends PlannedChange>(planned: readonly Sectioned<C>[]): C[] {
  const isSave = ({ section, change }: Sectioned<C>) =>
    section === 'providerAccounts' && change.action !== ConfigurationAction.DELETE;
  const changes = (some: readonly Sectioned<C>[]) => some.map(({ change }) => change);
  const saves = planned.filter(isSave);
  const [first, ...others] = planned.filter((one) => !isSave(one));
  const isMade = first?.section === 'settings' && first.change.action === ConfigurationAction.CREATE;
  if (saves.length === 0 || !first || !isMade)
    return changes([...saves, ...(first ? [first] : []), ...others]);
  const [made, routes] = splitRoutes(first.change);
  return [made, ...changes(saves), ...routes, ...changes(others)];
}

/** A new workspace without its routes, and the change that sets them. */
function splitRoutes<C extends PlannedChange>(change: C): readonly [C, readonly C[]] {
  const isRoutes = ({ path }: { readonly path: string }) => path === 'routes';
  const { workspace } = change.step.request as { readonly workspace: object };
  const routes = change.fields.filter(isRoutes);
  if (routes.length === 0) return [change, []];
  const made = {
    ...change,
    fields: change.fields.filter((field) => !isRoutes(field)),
    step: { ...change.step, request: { workspace: { ...workspace, routes: [] } } },
  };
  const update = {
    ...change,
    action: ConfigurationAction.UPDATE,
    fields: routes,
    step: {
      method: WorkspaceService.method.updateWorkspace,
      request: { workspace, updateMask: { paths: ['routes'] } },
    },
  };
  return [made, [update]];
}
