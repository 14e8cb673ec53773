import { afterAll, beforeAll } from 'vitest';
import { connectJson, type JsonResponse } from '../../../support/connectJson.js';
import type { Engine } from '../../../support/engines.js';
import { keyOf } from '../../../support/tenant.js';
import { startTwo, type TwoProcesses } from '../../../support/twoProcesses.js';

export const SERVICE = 'otp.admin.v1.GuardService';
export type Calls = ReturnType<typeof connectJson>;

export const HOUR = { window: '3600s' };
/** What GetGuard shows where nothing was changed. */
export const DEFAULTS = {
  prefixVelocity: HOUR,
  countryVelocity: HOUR,
  approvalRate: { minPercent: 5, ...HOUR },
  countryApprovalRate: { minPercent: 5, minPrefixes: 20, ...HOUR },
  dailyCeiling: {},
};

/** Two processes for the suite, and calls of GuardService. */
export function guardAdmin(engine: Engine) {
  const two = {} as TwoProcesses;
  beforeAll(async () => {
    Object.assign(two, await startTwo(engine));
  });
  afterAll(() => two.stop());

  let tenants = 0;
  /** The name of the newest workspace. */
  const workspace = () => `acme-${tenants}`;
  /** An administrator of a new workspace. */
  const tenant = () => keyOf(two.here, `acme-${++tenants}`);
  const operator: Calls = (path, message) => connectJson(two.here.baseUrl, two.here.liveKey)(path, message);
  const update = (admin: Calls, guard: object, updateMask: string) =>
    admin(`${SERVICE}/UpdateGuard`, { guard, updateMask });
  const get = async (admin: Calls) => (await admin(`${SERVICE}/GetGuard`, {})).body.guard;
  const send = (admin: Calls, recipients: object) => admin('otp.v1.OtpService/Send', { recipients });
  const check = (admin: Calls, recipient: string, more = {}) =>
    admin(`${SERVICE}/CheckRecipient`, { recipient, ...more });
  const refused = async (admin: Calls, more = {}): Promise<JsonResponse['body']> =>
    (await admin(`${SERVICE}/ListRefusedSends`, more)).body;

  return { two, workspace, tenant, operator, update, get, send, check, refused };
}
