import { useLocation } from 'preact-iso';
import { isOperator } from '../access.js';
import { api, target } from '../api.js';
import { who } from '../credential.js';
import { useLoaded } from '../loading.js';

/** The workspace that pages are of; a key with the scope operator can choose another. */
export function WorkspaceSwitch() {
  const { path, route } = useLocation();
  const canChoose = isOperator();
  const { value } = useLoaded(`workspaces ${canChoose}`, async (signal) => {
    if (!canChoose) return [];
    const { workspaces } = await api.workspaces.listWorkspaces({ pageSize: 100 }, { signal });
    return workspaces.map(({ name }) => name);
  });
  const own = who.value?.workspace ?? '';
  const current = target().workspace || own;
  if (!value || value.length < 2) return <b class="workspace">{current}</b>;
  return (
    <label class="workspace">
      <span class="hidden">Workspace</span>
      <select
        class="input"
        value={current}
        onChange={({ currentTarget }) => {
          const query = new URLSearchParams(location.search);
          if (currentTarget.value === own) query.delete('workspace');
          else query.set('workspace', currentTarget.value);
          // The page of one object of the other workspace does not exist here.
          const place = path.split('/').slice(0, 3).join('/');
          route(`${place}${query.size ? `?${query}` : ''}`);
        }}
      >
        {[...new Set([...value, current])].map((name) => (
          <option key={name} value={name}>
            {name}
          </option>
        ))}
      </select>
    </label>
  );
}
