import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { connectJson } from '../support/connectJson.js';
import { eachEngine } from '../support/engines.js';
import { eventually } from '../support/eventually.js';
import { startService, type TestService } from '../support/service.js';
import { startWebhookReceiver, verified, type WebhookReceiver } from '../support/webhookReceiver.js';
import { deliveredCode } from './support/delivered.js';

const SESSIONS = 12;
const OF_EACH = ['delivery.accepted', 'delivery.accepted', 'session.partial', 'session.approved'];

eachEngine((engine) => {
  describe('a receiver that is down for a while', () => {
    let service: TestService;
    let receiver: WebhookReceiver;
    let secret: string;
    const sessions: string[] = [];
    /** What must not be sent. */
    const secrets: string[] = [];

    beforeAll(async () => {
      receiver = await startWebhookReceiver();
      service = await startService({ documents: await engine.open() });
      const call = connectJson(service.baseUrl, service.liveKey);
      const made = await call('otp.admin.v1.WebhookService/CreateWebhookEndpoint', {
        webhookEndpoint: { url: receiver.url },
      });
      secret = made.body.secret;
      await receiver.goDown();
      for (let n = 0; n < SESSIONS; n++) {
        const recipients = { email: `person.number${n}@example.com`, sms: `+5730112345${10 + n}` };
        const { body } = await call('otp.v1.OtpService/Send', { recipients });
        const { id } = body.session;
        const codes = {
          email: await deliveredCode(service, id, 'email'),
          sms: await deliveredCode(service, id, 'sms'),
        };
        sessions.push(id);
        secrets.push(...Object.values(recipients), ...Object.values(codes), body.sessionToken);
        // An ended session ignores messages that no provider has accepted.
        await eventually(async () => {
          const { body: seen } = await call('otp.v1.OtpService/GetSession', { sessionId: id });
          return seen.session.channels.every(
            ({ deliveryState }: { deliveryState: string }) => deliveryState === 'DELIVERY_STATE_ACCEPTED',
          );
        });
        for (const [channel, code] of Object.entries(codes))
          await call('otp.v1.OtpService/Verify', { sessionId: id, codes: { [channel]: code } });
      }
      // So long that some have been tried again and again.
      await eventually(async () => {
        service.clock.advance(500);
        const { body } = await call('otp.admin.v1.WebhookService/ListWebhookDeliveries', {
          id: made.body.webhookEndpoint.id,
        });
        const tried = body.deliveries?.filter(({ attempts = [] }) => attempts.length >= 3) ?? [];
        return tried.length >= SESSIONS / 2;
      });
      expect(receiver.received).toEqual([]);
      await receiver.comeBack();
      await eventually(() => {
        service.clock.advance(500);
        return receiver.taken().length >= SESSIONS * OF_EACH.length;
      });
    }, 60_000);
    afterAll(async () => {
      await service.stop();
      await receiver.close();
    });

    it('gets every event of every session once it is up again, and none twice', () => {
      for (const id of sessions) {
        const types = receiver
          .taken()
          .filter(({ event }) => event.data.session_id === id)
          .map(({ event }) => event.type);
        expect(types.sort()).toEqual(OF_EACH.toSorted());
      }
      expect(new Set(receiver.taken().map(({ id }) => id)).size).toBe(SESSIONS * OF_EACH.length);
    });

    it('gets them in the order of their session', async () => {
      const stored = service.documents.collection<{ _id: string; index: number }>('events');
      for (const session of sessions) {
        const ids = receiver
          .taken()
          .filter(({ event }) => event.data.session_id === session)
          .map(({ id }) => id);
        const places = await Promise.all(
          ids.map(async (id) => (await stored.findOne({ _id: `default.live/${id}` }))!.index),
        );
        expect(places).toEqual([0, 1, 2, 3]);
      }
    });

    it('verifies each with the published library, and with no other secret or body', () => {
      for (const one of receiver.taken()) expect(verified(secret, one)).toEqual(one.event);
      const [first] = receiver.taken();
      expect(() => verified(`whsec_${Buffer.alloc(32).toString('base64')}`, first!)).toThrow();
      expect(() => verified(secret, { ...first!, body: `${first!.body} ` })).toThrow();
    });

    it('receives no code, no token and no full address', () => {
      const received = receiver
        .taken()
        .map(({ body, headers }) => body + JSON.stringify(headers))
        .join('\n');
      expect(received).toContain('p***');
      for (const one of secrets) expect(received).not.toContain(one);
      const logged = service.logged();
      expect(logged).not.toContain(secret);
      expect(logged).not.toContain(receiver.url);
    });
  });
});
