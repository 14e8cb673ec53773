import { beforeAll, describe, expect, it } from 'vitest';
import type { StoredSession } from '../../server/session/stored.js';
import type { RestResponse } from '../support/rest.js';
import { serviceForSuite } from '../support/serviceForSuite.js';
import { newKey } from '../support/tenant.js';
import {
  codesOf,
  expectNothingSent,
  fresh,
  type MultichannelApi,
  multichannelApi,
  opened,
  recipientsFor,
} from './support/multichannelApi.js';

const ALL = ['email', 'sms', 'whatsapp'] as const;

const service = serviceForSuite();
let api: MultichannelApi;
beforeAll(async () => {
  api = multichannelApi(service.baseUrl, service.liveKey);
});

const everything = ({ text, headers }: RestResponse) => text + JSON.stringify([...headers]);

describe('the sandbox', () => {
  it('B25 returns the codes in the response to send, and they verify', async () => {
    const { status, body } = await api.send({
      channels: ALL,
      recipients: recipientsFor(ALL),
      sandbox_mode: true,
    });
    expect(status).toBe(200);
    expect(Object.keys(body.sandbox_otps)).toEqual(ALL);
    expect(body.data.otps).toEqual(body.sandbox_otps);
    for (const code of Object.values(body.sandbox_otps)) expect(code).toMatch(/^\d{6}$/);
    const verified = await api.verify({ token: body.session_token, otps: body.sandbox_otps });
    expect({ status: verified.status, body: verified.body }).toMatchObject({
      status: 200,
      body: { verified: true, session_verified: true },
    });
  });

  it('B25 is all a test key has, asked for or not', async () => {
    const tester = multichannelApi(service.baseUrl, service.testKey);
    const { body } = await tester.send({ channels: ['sms'], recipients: { sms: fresh.phone() } });
    expect(body.sandbox).toBe(true);
    const verified = await tester.verify({ token: body.session_token, otps: body.sandbox_otps });
    expect(verified.body.session_verified).toBe(true);
  });

  it.each([{}, { sandbox_mode: false }])(
    'B26 a live send or resend with %j returns no code in body or headers',
    async (more) => {
      // Eight digits occur nowhere else by chance.
      const config = { otp_length: 8 };
      const { sent, token, id, codes } = await opened(service, api, ALL, { ...more, config });
      for (const code of Object.values(codes)) expect(everything(sent)).not.toContain(code);
      expect(sent.text).not.toMatch(/otps/);
      service.clock.advance(30_000);
      const again = await api.resend({ token });
      expect(again.status).toBe(200);
      for (const code of Object.values(await codesOf(service, id, 6))) {
        expect(everything(again)).not.toContain(code);
      }
      expect(again.text).not.toMatch(/otps/);
    },
  );

  it('B27 sends no message', async () => {
    const recipients = recipientsFor(ALL);
    const { body } = await api.send({ channels: ALL, recipients, sandbox_mode: true });
    service.clock.advance(30_000);
    expect((await api.resend({ token: body.session_token })).status).toBe(200);
    await expectNothingSent(service, api, Object.values(recipients));
    const { channels } = (await api.session(body.session_id)).body;
    for (const channel of ALL) expect(channels[channel].delivery_status).toBe('not_sent');
    // Nothing waits to be handed to a provider either.
    const stored = await service.documents
      .collection<StoredSession>('sessions')
      .findOne({ _id: `default/${body.session_id}` });
    expect(stored).not.toHaveProperty('deliverAt');
  });

  it('B29 sessions are marked and can be filtered', async () => {
    const own = multichannelApi(service.baseUrl, await newKey(service, 'marked'));
    const sandbox = await own.send({ recipients: { email: fresh.email() }, sandbox_mode: true });
    const live = await own.send({ recipients: { email: fresh.email() } });
    const listed = async (query: Record<string, string>) =>
      (await own.sessions(query)).body.sessions.map((one: { session_id: string; sandbox: boolean }) => [
        one.session_id,
        one.sandbox,
      ]);
    expect(await listed({ sandbox: 'true' })).toEqual([[sandbox.body.session_id, true]]);
    expect(await listed({ sandbox: 'false' })).toEqual([[live.body.session_id, false]]);
    expect(await listed({})).toEqual([
      [live.body.session_id, false],
      [sandbox.body.session_id, true],
    ]);
  });
});
