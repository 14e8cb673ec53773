import { afterAll, beforeEach, expect } from 'vitest';
import type { connectJson } from '../../../support/connectJson.js';
import { ManualClock } from '../../../support/manualClock.js';
import { serviceForSuite } from '../../../support/serviceForSuite.js';
import { keyOf } from '../../../support/tenant.js';
import { json, startBackend } from './backend.js';

export const SERVICE = 'otp.admin.v1.GuardService';
type Calls = ReturnType<typeof connectJson>;

/** A service and a workspace's backend for the suite; the backend allows everything unless a test says otherwise. */
export async function vetoAdmin() {
  // The published library looks at the machine's clock.
  const service = serviceForSuite({ clock: new ManualClock(Date.now()) });
  const backend = await startBackend();
  afterAll(() => backend.close());
  beforeEach(() => {
    backend.asked.splice(0);
    backend.respond = json({ allow: true });
  });

  let tenants = 0;
  /** A workspace whose guard asks the backend, and the secret of its questions. */
  async function asking(veto: object = {}): Promise<{ admin: Calls; workspace: string; secret: string }> {
    const workspace = `acme-${++tenants}`;
    const admin = await keyOf(service, workspace);
    const { status, body } = await admin(`${SERVICE}/UpdateGuard`, {
      guard: { veto: { url: backend.url, ...veto } },
      updateMask: 'veto',
    });
    expect(status).toBe(200);
    return { admin, workspace, secret: body.vetoSecret };
  }
  let numbers = 0;
  const newPhone = () => `+57300${String(1_000_000 + ++numbers)}`;
  const send = (admin: Calls, more: object = {}) =>
    admin('otp.v1.OtpService/Send', { recipients: { sms: newPhone() }, ...more });
  const refused = async (admin: Calls) =>
    (await admin(`${SERVICE}/ListRefusedSends`, {})).body.refusedSends ?? [];
  const sessions = async (admin: Calls) =>
    (await admin('otp.v1.OtpService/ListSessions', {})).body.sessions ?? [];

  return { service, backend, asking, newPhone, send, refused, sessions };
}
