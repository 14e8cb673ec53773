import { beforeEach, describe, expect, it } from 'vitest';
import { onEmbedded, type TestStore } from '../../../support/engines.js';
import { REPORTERS } from '../support/callbacks/reporters.js';
import { type Reporting, startReporting } from '../support/callbacks/reporting.js';

onEmbedded((engine) => {
  let store: TestStore;
  beforeEach(async () => {
    store = await engine.newStore();
  });

  /** What the session says of its one message. */
  const shown = async ({ call }: Reporting, sessionId: string) => {
    const { body } = await call('otp.v1.OtpService/GetSession', { sessionId });
    const { deliveryState, deliveryError } = body.session.channels[0];
    return [deliveryState.replace('DELIVERY_STATE_', ''), deliveryError].filter(Boolean);
  };

  describe.each(REPORTERS)('$provider', (reporter) => {
    it.each(reporter.delivered)('says that a message was delivered: %s', async (status) => {
      const at = await startReporting(store, reporter);
      const { session, id } = await at.sent();
      expect(await shown(at, session)).toEqual(['ACCEPTED']);
      const response = await at.post(reporter.report(id, status));
      expect([response.status, await response.text()]).toEqual([200, '']);
      expect(await shown(at, session)).toEqual(['DELIVERED']);
    });

    it.each(reporter.failed)('says that a message failed: %s, %s', async (status, code, error) => {
      const at = await startReporting(store, reporter);
      const { session, id } = await at.sent();
      expect((await at.post(reporter.report(id, status, code))).status).toBe(200);
      expect(await shown(at, session)).toEqual(['FAILED', error]);
    });

    if (reporter.onTheWay.length > 0)
      it('reports intermediate steps, which change nothing', async () => {
        const at = await startReporting(store, reporter);
        const { session, id } = await at.sent();
        const { rev } = await at.stored(session);
        for (const status of reporter.onTheWay) {
          expect((await at.post(reporter.report(id, status))).status, status).toBe(200);
        }
        expect(await shown(at, session)).toEqual(['ACCEPTED']);
        expect((await at.stored(session)).rev).toBe(rev);
      });

    it('is asked to report where the service is reached, and its ids are kept', async () => {
      const at = await startReporting(store, reporter);
      const { session } = await at.sent();
      const { body } = await at.vendor.nth(1);
      const address = `https://otp.example.com/codes/callbacks/${reporter.name}`;
      const isAsked = [body, decodeURIComponent(body)].some((text) => text.includes(address));
      expect(isAsked).toBe(reporter.needs.includes('OTP_PUBLIC_URL'));
      const { vendorId } = await at.delivery(session);
      expect((await at.stored(session)).vendorIds).toEqual([`${reporter.provider}/${vendorId}`]);
    });

    it('leaves nothing in the log and in the store from which a phone number could be read', async () => {
      const at = await startReporting(store, reporter);
      const { session, id } = await at.sent();
      await at.post(reporter.report(id, reporter.delivered[0]!));
      await at.post(reporter.report(id, reporter.delivered[0]!), { secret: 'another' });
      const written = at.service.logged() + JSON.stringify(await at.stored(session));
      expect(at.service.logged()).toContain('delivery report');
      expect(written).not.toContain('3001234567');
      // An id may have the number in it, encoded.
      for (const [encoded] of written.matchAll(/[A-Za-z0-9+/]{16,}={0,2}/g))
        expect(Buffer.from(encoded, 'base64').toString()).not.toContain('3001234567');
    });

    it.each(reporter.needs)('has no path without %s', async (variable) => {
      const others = Object.fromEntries(reporter.needs.map((name) => [name, '']));
      const env = variable.startsWith('OTP_DELIVERY') ? others : { [variable]: '' };
      const at = await startReporting(store, reporter, env);
      const response = await at.post(reporter.report('an id', reporter.delivered[0]!));
      expect([response.status, await response.json()]).toEqual([
        404,
        { code: 'ROUTE_NOT_FOUND', message: 'There is nothing at that address.' },
      ]);
    });
  });
});
