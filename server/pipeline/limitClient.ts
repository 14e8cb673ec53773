import { OtpService } from '../../gen/otp/v1/otp_service_pb.js';
import type { Workspaces } from '../admin/workspaces/workspaces.js';
import { type Call, noteLimit } from '../call/call.js';
import { partitionOf } from '../domain/principal.js';
import type { Limiter } from '../limits/limiter.js';

const COUNTED: ReadonlySet<unknown> = new Set([OtpService.method.send, OtpService.method.validate]);

/**
 * The beneficiary document's limit per client: its send and validate together.
 * Calls by other doors have no such limit. Throws RATE_LIMITED.
 */
export function createLimitClient(limiter: Limiter, workspaces: Workspaces) {
  return async (call: Call): Promise<void> => {
    if (call.door !== 'beneficiary' || !COUNTED.has(call.method)) return;
    const { principal } = call;
    const { limits } = await workspaces.get(principal.workspace);
    const counts = [{ rule: 'client-requests', key: principal.client }] as const;
    const { tightest } = await limiter.take(partitionOf(principal), counts, limits);
    noteLimit(call, tightest);
  };
}
