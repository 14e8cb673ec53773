import { type Fillable, fillConsole } from '../../test/browser/support/fillConsole.js';
import { connectJson } from '../../test/support/connectJson.js';

/** A person who entered wrong codes. */
export const PERSON = '+573005550888';

/** Fills the console as its tests do, with the names and the prices that pictures show besides. */
export async function furnish(busy: Fillable): Promise<void> {
  const { endpointId } = await fillConsole(busy);
  const call = connectJson(busy.service.baseUrl, busy.service.liveKey);
  const done = async (method: string, message: object) => {
    const { status, body } = await call(method, message);
    if (status !== 200) throw new Error(`${method}: ${JSON.stringify(body)}`);
    return body;
  };
  const admin = (method: string, message: object) => done(`otp.admin.v1.${method}`, message);

  const apiKey = (displayName: string, scopes: string[]) =>
    admin('ApiKeyService/CreateApiKey', { apiKey: { displayName, scopes } });
  await apiKey('Shop backend', ['otp.send', 'otp.verify', 'tokens.redeem']);
  await apiKey('Support desk', ['support']);
  await apiKey('Fraud team', ['analyst']);

  const orders = { id: endpointId, url: 'https://shop.example.com/hooks/otp', description: 'Orders' };
  await admin('WebhookService/UpdateWebhookEndpoint', {
    webhookEndpoint: orders,
    updateMask: 'url,description',
  });
  const customers = { url: 'https://crm.example.com/events', description: 'Customer records' };
  await admin('WebhookService/CreateWebhookEndpoint', { webhookEndpoint: customers });
  const text = '{{ code }} is your Acme code. It works for {{ minutes }} minutes.';
  await admin('TemplateService/CreateTemplate', { template: { key: 'otp-sms', locale: 'en', text } });
  await admin('SenderService/CreateSender', { sender: { channel: 'CHANNEL_SMS', senderId: 'ACME' } });

  const wallet = { enabled: true, prices: { smsMicros: '50000' } };
  await admin('WalletService/UpdateWallet', { wallet, updateMask: 'enabled,prices' });
  const { session } = await done('otp.v1.OtpService/Send', {
    recipients: { sms: PERSON },
    purpose: 'sign-in',
  });
  for (const code of ['123456', '654321'])
    await call('otp.v1.OtpService/Verify', { sessionId: session.id, code });
}
