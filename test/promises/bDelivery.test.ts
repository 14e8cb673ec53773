import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import type { Message, Outcome, Provider } from '../../server/delivery/provider.js';
import { eventually } from '../support/eventually.js';
import { startService, type TestService } from '../support/service.js';
import {
  codesOf,
  type MultichannelApi,
  messagesOf,
  multichannelApi,
  opened,
  recipientsFor,
} from './support/multichannelApi.js';

describe('resending', () => {
  let service: TestService;
  let api: MultichannelApi;
  beforeAll(async () => {
    service = await startService();
    api = multichannelApi(service.baseUrl, service.liveKey);
  });
  afterAll(() => service.stop());

  it('B30 waits thirty seconds', async () => {
    const { token, id } = await opened(service, api);
    service.clock.advance(29_999);
    const early = await api.resend({ token });
    expect({ status: early.status, code: early.body.code, wait: early.headers.get('retry-after') }).toEqual({
      status: 429,
      code: 'RESEND_TOO_SOON',
      wait: '1',
    });
    service.clock.advance(1);
    expect((await api.resend({ token })).status).toBe(200);
    expect(await messagesOf(service, id, 2)).toHaveLength(2);
  });

  it('B30 sends a new message on each channel that is not verified, and only there', async () => {
    const { token, id, codes, recipients } = await opened(service, api, ['email', 'sms', 'whatsapp']);
    await api.verify({ token, otps: { sms: codes.sms } });
    service.clock.advance(30_000);
    const { status, body } = await api.resend({ token });
    expect(status).toBe(200);
    expect(body).toMatchObject({ session_id: id, session_token: token });
    const [newest, second] = await messagesOf(service, id, 5);
    expect([newest!.channel, second!.channel].sort()).toEqual(['email', 'whatsapp']);
    expect([newest!.to, second!.to].sort()).toEqual([recipients.email, recipients.whatsapp].sort());
    expect(await messagesOf(service, id, 5)).toHaveLength(5);
  });

  it('B30, P16 keeps token and session, makes a new code and refuses the old one', async () => {
    const { token, id, codes, recipients } = await opened(service, api);
    service.clock.advance(30_000);
    await api.resend({ token });
    const first = await codesOf(service, id, 2);
    service.clock.advance(30_000);
    await api.resend({ token });
    const { email } = await codesOf(service, id, 3);
    // Three codes that differ: a resend draws a code and does not have one.
    expect(new Set([codes.email, first.email, email]).size).toBe(3);
    const old = await api.verify({ token, otps: { email: codes.email } });
    expect({ status: old.status, message: old.body.message }).toEqual({
      status: 400,
      message: 'Invalid OTP',
    });
    const { body } = await api.verify({ token, otps: { email } });
    expect(body).toMatchObject({ verified: true, session_id: id });
    const listed = await api.sessions({ recipient: recipients.email! });
    expect(listed.body.sessions).toMatchObject([{ session_id: id, status: 'APPROVED' }]);
  });

  it('B30 goes to the channels named', async () => {
    const { token, id } = await opened(service, api, ['email', 'sms']);
    service.clock.advance(30_000);
    expect((await api.resend({ token, channels: ['sms'] })).status).toBe(200);
    const [newest] = await messagesOf(service, id, 3);
    expect(newest!.channel).toBe('sms');
    expect(await messagesOf(service, id, 3)).toHaveLength(3);
  });

  it('B30 refuses a session that does not exist', async () => {
    const { status, body } = await api.resend({ token: 'made-up' });
    expect({ status, code: body.code }).toEqual({ status: 404, code: 'SESSION_NOT_FOUND' });
  });
});

/** Keeps what it is given and returns the outcome that the test sets. */
function recording(respond: () => Outcome): Provider & { readonly messages: Message[] } {
  const messages: Message[] = [];
  return {
    name: 'recording',
    channels: ['email', 'sms', 'whatsapp'],
    // Longer than the clock moves while a message is made ready.
    timeoutMs: 30_000,
    messages,
    async send(message) {
      messages.push(message);
      return respond();
    },
    async close() {},
  };
}

describe('a provider that refuses', () => {
  it.each([
    ['REFUSED', { kind: 'failed', error: 'REFUSED' }, 1],
    ['out of reach', { kind: 'retry', error: 'UNREACHABLE' }, 5],
  ] as const)('B42 e-mail stands when SMS is %s', async (_what, outcome, attempts) => {
    const sms = recording(() => outcome);
    const service = await startService({ overrides: { providers: { sms } } });
    onTestFinished(() => service.stop());
    const api = multichannelApi(service.baseUrl, service.liveKey);
    const channels = ['email', 'sms'] as const;
    const { status, body } = await api.send({
      channels,
      recipients: recipientsFor(channels),
      verification: { strategy: 'any' },
    });
    expect(status).toBe(200);
    const stateOf = async (channel: 'email' | 'sms') =>
      (await api.session(body.session_id)).body.channels[channel].delivery_status;
    await eventually(async () => (await stateOf('email')) === 'accepted');
    await eventually(async () => {
      service.clock.advance(1_000);
      return (await stateOf('sms')) === 'failed';
    });
    expect((await api.session(body.session_id)).body.channels).toMatchObject({
      sms: { delivery_status: 'failed', verified: false },
      email: { delivery_status: 'accepted', verified: false },
    });
    expect(sms.messages).toHaveLength(attempts);
    const { email } = await codesOf(service, body.session_id, 1);
    const verified = await api.verify({ token: body.session_token, otps: { email } });
    expect({ status: verified.status, body: verified.body }).toMatchObject({
      status: 200,
      body: { verified: true, session_verified: true },
    });
  });

  it('B42 SMS stands by, and goes out at once when e-mail fails', async () => {
    const email = recording(() => ({ kind: 'failed', error: 'REFUSED' }));
    const sms = recording(() => ({ kind: 'accepted' }));
    const service = await startService({ overrides: { providers: { email, sms } } });
    onTestFinished(() => service.stop());
    const api = multichannelApi(service.baseUrl, service.liveKey);
    const { status, body } = await api.send({
      recipients: recipientsFor(['email', 'sms']),
      fallback: [{ channel: 'sms', wait_seconds: 300 }],
    });
    expect({ status, sms: body.channels_results.sms }).toMatchObject({
      status: 200,
      sms: { success: true, status: 'waiting' },
    });
    const message = await eventually(() => sms.messages[0]);
    const session = await eventually(async () => {
      const { channels } = (await api.session(body.session_id)).body;
      return channels.sms.delivery_status === 'accepted' && channels;
    });
    expect(session).toMatchObject({ email: { delivery_status: 'failed' } });
    const verified = await api.verify({ token: body.session_token, otps: { sms: message.code } });
    expect(verified.body).toMatchObject({ verified: true, session_verified: true });
  });

  it('B42 SMS stands by until the code of the e-mail was not entered in time, and says until when', async () => {
    const service = await startService();
    onTestFinished(() => service.stop());
    const api = multichannelApi(service.baseUrl, service.liveKey);
    const begun = service.clock.now();
    const { body } = await api.send({
      recipients: recipientsFor(['email', 'sms']),
      verification: { strategy: 'any' },
      fallback: [{ channel: 'sms', wait_seconds: 60 }],
    });
    const sms = async () => (await api.session(body.session_id)).body.channels.sms;
    expect(await sms()).toMatchObject({
      delivery_status: 'waiting',
      due_at: new Date(begun + 60_000).toISOString(),
    });
    await eventually(async () => {
      const { delivery_status, due_at } = await sms();
      if (delivery_status === 'waiting') service.clock.advance(1_000);
      return delivery_status === 'accepted' && due_at === undefined;
    });
    expect(service.clock.now()).toBeGreaterThanOrEqual(begun + 60_000);
    const { sms: code } = await codesOf(service, body.session_id, 2);
    const verified = await api.verify({ token: body.session_token, otps: { sms: code } });
    expect(verified.body.session_verified).toBe(true);
  });

  it.each([
    [{ verification: { strategy: 'all' } }, 'verification.strategy'],
    [{ fallback: [{ channel: 'fax', wait_seconds: 60 }] }, 'fallback[0].channel'],
    [{ fallback: [{ channel: 'whatsapp', wait_seconds: 60 }] }, 'fallback[0].channel'],
    [{ fallback: [{ channel: 'sms', wait_seconds: 9 }] }, 'fallback[0].wait_seconds'],
    [{ fallback: [{ channel: 'sms', wait_seconds: 571 }] }, 'fallback[0].wait_seconds'],
    [
      {
        fallback: [
          { channel: 'sms', wait_seconds: 60 },
          { channel: 'email', wait_seconds: 60 },
        ],
      },
      'fallback',
    ],
  ])('B42 a fallback that cannot be is refused, and the field named: %j', async (wrong, field) => {
    const service = await startService();
    onTestFinished(() => service.stop());
    const api = multichannelApi(service.baseUrl, service.liveKey);
    const good = { fallback: [{ channel: 'sms', wait_seconds: 60 }] };
    const { status, body } = await api.send({
      recipients: recipientsFor(['email', 'sms']),
      ...good,
      ...wrong,
    });
    expect({ status, field: body.details.field }).toEqual({ status: 400, field });
  });

  it('B42 a resend uses the failed channel again', async () => {
    let outcome: Outcome = { kind: 'failed', error: 'REFUSED' };
    const sms = recording(() => outcome);
    const service = await startService({ overrides: { providers: { sms } } });
    onTestFinished(() => service.stop());
    const api = multichannelApi(service.baseUrl, service.liveKey);
    const sent = await api.send({ recipients: recipientsFor(['email', 'sms']) });
    const smsState = async () => (await api.session(sent.body.session_id)).body.channels.sms.delivery_status;
    await eventually(async () => (await smsState()) === 'failed');
    outcome = { kind: 'accepted' };
    service.clock.advance(30_000);
    expect((await api.resend({ token: sent.body.session_token, channels: ['sms'] })).status).toBe(200);
    await eventually(async () => (await smsState()) === 'accepted');
    const { code } = sms.messages.at(-1)!;
    const verified = await api.verify({ token: sent.body.session_token, otps: { sms: code } });
    expect(verified.body.verified).toBe(true);
  });
});
