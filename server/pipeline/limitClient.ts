import type { Workspaces } from '../admin/workspaces/workspaces.js';
import { type Call, noteLimit } from '../call/call.js';
import { partitionOf } from '../domain/principal.js';
import type { Limiter } from '../limits/limiter.js';

/** The limit of requests for each client, for calls whose transport asks for it. Throws RATE_LIMITED. */
export function createLimitClient(limiter: Limiter, workspaces: Workspaces) {
  return async (call: Call): Promise<void> => {
    if (!call.limitsClient) return;
    const { principal } = call;
    const { limits } = await workspaces.get(principal.workspace);
    const counts = [{ rule: 'client-requests', key: principal.client }] as const;
    const { tightest } = await limiter.take(partitionOf(principal), counts, limits);
    noteLimit(call, tightest);
  };
}
