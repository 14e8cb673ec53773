import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { connectJson } from '../support/connectJson.js';
import { eventually } from '../support/eventually.js';
import { serviceForSuite } from '../support/serviceForSuite.js';
import { startWebhookReceiver } from '../support/webhookReceiver.js';

const WEBHOOKS = 'otp.admin.v1.WebhookService';
const service = serviceForSuite();
let receiver: Awaited<ReturnType<typeof startWebhookReceiver>>;
beforeAll(async () => {
  receiver = await startWebhookReceiver();
});
afterAll(() => receiver.close());

describe('GetWebhookEvent', () => {
  it('returns the event that an endpoint received, byte for byte', async () => {
    const call = connectJson(service.baseUrl, service.liveKey);
    const webhookEndpoint = { url: receiver.url, eventTypes: ['session.canceled'] };
    await call(`${WEBHOOKS}/CreateWebhookEndpoint`, { webhookEndpoint });
    const { body } = await call('otp.v1.OtpService/Send', { recipients: { email: 'event@example.com' } });
    const sessionId = body.session.id;
    await call('otp.v1.OtpService/CancelSession', { sessionId });
    const received = await eventually(async () => {
      service.clock.advance(100);
      return receiver.received[0];
    });
    const eventId = received.headers['webhook-id'];
    const found = await call(`${WEBHOOKS}/GetWebhookEvent`, { eventId });
    expect(found.body.event).toMatchObject({ id: eventId, type: 'session.canceled', sessionId });
    expect(found.body.event.body).toBe(String(received.body));
    expect(Date.parse(found.body.event.at)).toBe(Date.parse(JSON.parse(found.body.event.body).timestamp));
  });

  it('knows no other', async () => {
    const call = connectJson(service.baseUrl, service.liveKey);
    for (const eventId of ['01b92571-ea00-7680-9141-a7e17e33e7c6', 'no id'])
      expect((await call(`${WEBHOOKS}/GetWebhookEvent`, { eventId })).reason).toBe('NOT_FOUND');
  });
});
