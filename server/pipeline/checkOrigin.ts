import type { Workspaces } from '../admin/workspaces/workspaces.js';
import type { Call } from '../call/call.js';
import { Failure } from '../errors.js';

/**
 * Refuses browsers of origins a workspace does not list. Checked on the request
 * itself: a preflight carries no credential, so it cannot know the workspace.
 */
export function createCheckOrigin(workspaces: Workspaces) {
  return async (call: Call): Promise<void> => {
    if (call.origin === undefined) return;
    const { allowedOrigins } = await workspaces.get(call.principal.workspace);
    if (allowedOrigins.length > 0 && !allowedOrigins.includes(call.origin)) {
      throw new Failure('PERMISSION_DENIED', { message: 'This origin is not allowed.' });
    }
  };
}
