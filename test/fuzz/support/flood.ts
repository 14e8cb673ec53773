import { connectJson } from '../../support/connectJson.js';
import type { TestService } from '../../support/service.js';
import { newKey } from '../../support/tenant.js';
import { openFlood } from './familiar.js';
import type { Known } from './shaped.js';

/** What calls of the contract, the operator's part included, can be about. They may turn workspace "acme" inside out. */
export async function floodOfCalls(
  service: TestService,
): Promise<{ known: Known; credentials: readonly string[] }> {
  const { known } = await openFlood(service);
  const admin = await newKey(service, 'acme');
  const tester = await newKey(service, 'acme', ['admin', 'otp.send', 'otp.verify'], 'MODE_TEST');
  const call = connectJson(service.baseUrl, service.liveKey);
  const sent = await call('otp.v1.OtpService/Send', { recipients: { email: 'acme@example.com' } });
  return {
    known: {
      ...known,
      workspace: ['acme', 'acme', '', 'unknown'],
      name: ['acme'],
      // Otherwise the keys in use would open nothing any more.
      'DeleteWorkspace.workspace': ['doomed', 'default'],
      'DeleteWorkspace.name': ['doomed'],
      email: known['recipients.email']!,
      sms: known['recipients.sms']!,
      whatsapp: known['recipients.whatsapp']!,
      codes: [{ email: '123456' }, { email: '123456', sms: '000000' }],
      sponsorSlug: known.sponsor_slug!,
      beneficiaryId: known.beneficiary_id!,
      channels: [['CHANNEL_EMAIL'], ['CHANNEL_SMS'], [1, 2], []],
      channel: ['CHANNEL_EMAIL', 'CHANNEL_SMS', 'CHANNEL_WHATSAPP'],
      mode: ['MODE_LIVE', 'MODE_TEST'],
      rule: ['recipient-sends', 'ip-sends', 'client-requests'],
      key: ['otp-email', 'otp-sms', 'otp-whatsapp', 'otp-sms-transaction'],
      pageSize: [0, 1, 5],
      pageToken: [''],
      requestId: ['', 'r1', 'r2'],
      metadata: [{}, { purpose: 'login', user_id: 'u' }],
    },
    credentials: [service.liveKey, service.liveKey, admin, admin, tester, sent.body.sessionToken],
  };
}
