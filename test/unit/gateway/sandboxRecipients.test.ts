import { beforeAll, describe, expect, it } from 'vitest';
import type { ChannelName } from '../../../server/domain/channels.js';
import { ERRORS } from '../../../server/errors.js';
import {
  SANDBOX_SCENARIOS,
  type SandboxScenario,
  sandboxRecipient,
} from '../../../server/session/sandboxRecipients.js';
import { type MultichannelApi, multichannelApi } from '../../promises/support/multichannelApi.js';
import type { RestResponse } from '../../support/rest.js';
import { serviceForSuite } from '../../support/serviceForSuite.js';

const service = serviceForSuite();
let live: MultichannelApi;
let tester: MultichannelApi;
beforeAll(async () => {
  live = multichannelApi(service.baseUrl, service.liveKey);
  tester = multichannelApi(service.baseUrl, service.testKey);
});

/** One way to have a sandbox session to a scenario's recipient. */
const WAYS: [string, ChannelName, () => MultichannelApi, object][] = [
  ['by e-mail with a test key', 'email', () => tester, {}],
  ['by SMS with a test key', 'sms', () => tester, {}],
  ['by WhatsApp with a live key', 'whatsapp', () => live, { sandbox_mode: true }],
];

const addressOf = (name: string, channel: ChannelName) => {
  const { email, phone } = sandboxRecipient(name);
  return channel === 'email' ? email : phone;
};

describe.each(Object.entries(SANDBOX_SCENARIOS))('the recipient %s', (name, scenario: SandboxScenario) => {
  const send = (api: MultichannelApi, channel: ChannelName, more: object): Promise<RestResponse> =>
    api.send({ channels: [channel], recipients: { [channel]: addressOf(name, channel) }, ...more });

  it.each(WAYS)(`%s makes happen what it stands for`, async (_way, channel, apiOf, more) => {
    const api = apiOf();
    const sent = await send(api, channel, more);
    if ('refuse' in scenario) {
      const { status, body, headers } = sent;
      const wait = scenario.retryAfterMs;
      expect({ status, code: body.code, wait: headers.get('retry-after') }).toEqual({
        status: ERRORS[scenario.refuse].status,
        code: scenario.refuse,
        wait: wait === undefined ? null : String(wait / 1000),
      });
      return;
    }
    expect(sent.status, sent.text).toBe(200);
    const { session_token: token, session_id, sandbox_otps: otps, channels_results } = sent.body;
    const failed = 'delivery' in scenario;
    expect(channels_results[channel]).toMatchObject({
      success: !failed,
      status: failed ? 'failed' : 'not_sent',
    });
    const { channels } = (await api.session(session_id)).body;
    expect(channels[channel].delivery_status).toBe(failed ? 'failed' : 'not_sent');

    const verified = await api.verify({ token, otps });
    const outcome = 'session' in scenario ? scenario.session : 'APPROVED';
    const expected = {
      APPROVED: [200, undefined],
      EXPIRED: [410, 'OTP expired'],
      LOCKED: [423, 'Max attempts exceeded'],
    }[outcome];
    expect([verified.status, verified.body.message]).toEqual(expected);
    expect((await api.session(session_id)).body.status).toBe(outcome);
  });

  it('is an ordinary one to a live session', async () => {
    const { status, body } = await send(live, 'email', {});
    expect(status).toBe(200);
    expect(body).toMatchObject({ sandbox: false, status: 'PENDING' });
    expect(body).not.toHaveProperty('sandbox_otps');
  });
});

describe('sandbox recipients', () => {
  it('are sent and guessed wrong as often as a test likes', async () => {
    const { email } = sandboxRecipient('success');
    for (let i = 0; i < 25; i++) {
      const { status, text, body } = await tester.send({ recipients: { email } });
      expect(status, text).toBe(200);
      const guess = await tester.verify({ token: body.session_token, otps: { email: 'wrong' } });
      expect(guess.body.message).toBe('Invalid OTP');
    }
  });

  it('are resent to as often as a test likes', async () => {
    const { email } = sandboxRecipient('success');
    for (let session = 0; session < 2; session++) {
      const { body } = await tester.send({ recipients: { email } });
      for (let i = 0; i < 5; i++) {
        service.clock.advance(30_000);
        const again = await tester.resend({ token: body.session_token });
        expect(again.status, again.text).toBe(200);
      }
    }
  });

  it('are distinguished from ordinary ones by the whole address', async () => {
    for (const recipients of [
      { email: 'locked@sandbox.example.com' },
      { email: 'locked@mail.sandbox.example' },
      { email: 'locked.out@sandbox.example' },
      { email: 'toString@sandbox.example' },
      { sms: '+15005550999' },
      { sms: '+1500555000' },
    ]) {
      const { status, body } = await tester.send({ recipients });
      expect(status).toBe(200);
      expect((await tester.verify({ token: body.session_token, otps: body.sandbox_otps })).status).toBe(200);
    }
  });

  it('decide for the session in the order e-mail, SMS, WhatsApp', async () => {
    const recipients = {
      whatsapp: sandboxRecipient('locked').phone,
      sms: sandboxRecipient('expired').phone,
      email: 'ordinary@example.com',
    };
    const { body } = await tester.send({ recipients });
    expect(body.status).toBe('EXPIRED');
  });
});
