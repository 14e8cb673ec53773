import { connectJson } from '../../test/support/connectJson.js';
import type { TestService } from '../../test/support/service.js';

/** A person who entered wrong codes. */
export const PERSON = '+573005550777';

/** Gives a workspace with a day of traffic something for every page of the console. */
export async function furnish({
  baseUrl,
  liveKey,
}: Pick<TestService<never>, 'baseUrl' | 'liveKey'>): Promise<void> {
  const call = connectJson(baseUrl, liveKey);
  const done = async (method: string, message: object) => {
    const { status, body } = await call(`otp.admin.v1.${method}`, message);
    if (status !== 200) throw new Error(`${method}: ${JSON.stringify(body)}`);
  };
  const apiKey = (displayName: string, scopes: string[]) =>
    done('ApiKeyService/CreateApiKey', { apiKey: { displayName, scopes } });
  await apiKey('Shop backend', ['otp.send', 'otp.verify', 'tokens.redeem']);
  await apiKey('Support desk', ['support']);
  await apiKey('Fraud team', ['analyst']);
  for (const [url, description] of [
    ['https://shop.example.com/hooks/otp', 'Orders'],
    ['https://crm.example.com/events', 'Customer records'],
  ])
    await done('WebhookService/CreateWebhookEndpoint', { webhookEndpoint: { url, description } });
  for (const [locale, text] of [
    ['en', '{{ code }} is your Acme code. It works for {{ minutes }} minutes.'],
    ['pt', 'Seu código da Acme: {{ code }}'],
  ])
    await done('TemplateService/CreateTemplate', { template: { key: 'otp-sms', locale, text } });
  for (const [channel, senderId] of [
    ['CHANNEL_SMS', 'ACME'],
    ['CHANNEL_WHATSAPP', '+573007777777'],
  ])
    await done('SenderService/CreateSender', { sender: { channel, senderId } });
  const sponsor = { slug: 'acme', displayName: 'Acme Insurance', channels: ['CHANNEL_SMS'] };
  await done('SponsorService/CreateSponsor', { sponsor });
  for (const [beneficiaryId, phone] of [
    ['p-1', '+573001234542'],
    ['p-2', '+573001234543'],
  ])
    await done('SponsorService/CreateBeneficiary', {
      beneficiary: { sponsorSlug: 'acme', beneficiaryId, phone },
    });
  const wallet = { enabled: true, prices: { smsMicros: '50000' } };
  await done('WalletService/UpdateWallet', { wallet, updateMask: 'enabled,prices' });
  await done('WalletService/CreditWallet', { amountMicros: '25000000', reference: 'November' });
  await done('WorkspaceService/CreateWorkspace', { workspace: { name: 'old-shop' } });
  await done('WorkspaceService/DeleteWorkspace', { workspace: 'old-shop' });
  await done('WorkspaceService/PurgeWorkspace', { workspace: 'old-shop' });
  const { body } = await call('otp.v1.OtpService/Send', { recipients: { sms: PERSON }, purpose: 'sign-in' });
  for (const code of ['123456', '654321'])
    await call('otp.v1.OtpService/Verify', { sessionId: body.session.id, code });
}
