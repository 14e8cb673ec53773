import { beforeAll, describe, expect, it } from 'vitest';
import type { RestResponse } from '../support/rest.js';
import { serviceForSuite } from '../support/serviceForSuite.js';
import { otherThan } from '../wire/support/delivered.js';
import { codesOf, type MultichannelApi, multichannelApi, opened } from './support/multichannelApi.js';

const ALL = ['email', 'sms', 'whatsapp'] as const;

const service = serviceForSuite();
let api: MultichannelApi;
beforeAll(async () => {
  api = multichannelApi(service.baseUrl, service.liveKey);
});

const minutes = (count: number) => service.clock.advance(count * 60_000);
const refusal = ({ status, body }: RestResponse) => ({ status, message: body.message });
const INVALID = { status: 400, message: 'Invalid OTP' };
const EXPIRED = { status: 410, message: 'OTP expired' };
const EXCEEDED = { status: 423, message: 'Max attempts exceeded' };

describe('verifying', () => {
  it('B6 takes token and otps and marks the channel verified', async () => {
    const { token, id, codes } = await opened(service, api);
    const { status, body } = await api.verify({ token, otps: { email: codes.email } });
    expect(status).toBe(200);
    expect(body).toMatchObject({ success: true, verified: true });
    expect((await api.session(id)).body.channels.email.verified).toBe(true);
  });

  it('B6 names otps where no code is given, before it looks for the session', async () => {
    for (const otps of [undefined, {}, { fax: '123456' }, null, '123456']) {
      const { status, body } = await api.verify({ token: 'made-up', otps });
      expect({ status, code: body.code, field: body.details.field }).toEqual({
        status: 400,
        code: 'INVALID_REQUEST',
        field: 'otps',
      });
    }
  });

  it('B7 takes several channels in one call', async () => {
    const { token, codes } = await opened(service, api, ['email', 'sms']);
    const { status, body } = await api.verify({ token, otps: { email: codes.email, sms: codes.sms } });
    expect(status).toBe(200);
    expect(body).toMatchObject({ verified: true, session_verified: true, status: 'APPROVED' });
    expect(body.verification_results).toMatchObject({ email: { success: true }, sms: { success: true } });
  });

  it('B8 carries a session on from PARTIAL until it is fully verified', async () => {
    const { token, id, codes } = await opened(service, api, ALL);
    const steps: [keyof typeof codes, string, boolean][] = [
      ['whatsapp', 'PARTIAL', false],
      ['email', 'PARTIAL', false],
      ['sms', 'APPROVED', true],
    ];
    for (const [channel, status, whole] of steps) {
      minutes(1);
      const response = await api.verify({ token, otps: { [channel]: codes[channel] } });
      expect(response.status).toBe(200);
      expect(response.body).toMatchObject({ verified: true, session_verified: whole, status });
      expect((await api.session(id)).body.status).toBe(status);
    }
  });

  it('B9 keeps the state of each channel', async () => {
    const { token, id, codes } = await opened(service, api, ALL);
    await api.verify({ token, otps: { whatsapp: codes.whatsapp } });
    const state = async () => {
      const { channels } = (await api.session(id)).body;
      return ALL.filter((channel) => channels[channel].verified);
    };
    expect(await state()).toEqual(['whatsapp']);
    expect(refusal(await api.verify({ token, otps: { email: otherThan(codes.email) } }))).toEqual(INVALID);
    expect(await state()).toEqual(['whatsapp']);
  });

  it('B10 channels are verified one after another inside one expiry window', async () => {
    const both = await opened(service, api, ['email', 'sms']);
    const late = await opened(service, api, ['email', 'sms']);
    minutes(3);
    for (const { token, codes } of [both, late]) {
      expect((await api.verify({ token, otps: { sms: codes.sms } })).body.status).toBe('PARTIAL');
    }
    minutes(4);
    const whole = await api.verify({ token: both.token, otps: { email: both.codes.email } });
    expect(whole.body).toMatchObject({ session_verified: true, status: 'APPROVED' });
    minutes(3);
    const over = await api.verify({ token: late.token, otps: { email: late.codes.email } });
    expect(refusal(over)).toEqual(EXPIRED);
    expect((await api.session(late.id)).body.status).toBe('EXPIRED');
  });
});

describe('strategies', () => {
  it.each([{ verification: { strategy: 'all' } }, {}])(
    'B11 all channels are required with %j',
    async (strategy) => {
      const { token, codes } = await opened(service, api, ['email', 'sms'], strategy);
      const first = await api.verify({ token, otps: { email: codes.email } });
      expect(first.body).toMatchObject({ verified: true, session_verified: false, status: 'PARTIAL' });
      const second = await api.verify({ token, otps: { sms: codes.sms } });
      expect(second.body).toMatchObject({ verified: true, session_verified: true, status: 'APPROVED' });
    },
  );

  it.each(['email', 'sms'] as const)('B12 any channel is enough with any: %s', async (channel) => {
    const { token, codes } = await opened(service, api, ['email', 'sms'], {
      verification: { strategy: 'any' },
    });
    const { body } = await api.verify({ token, otps: { [channel]: codes[channel] } });
    expect(body).toMatchObject({ verified: true, session_verified: true, status: 'APPROVED' });
  });

  it('B13 specific channels are required with specific', async () => {
    const { token, codes } = await opened(service, api, ['email', 'sms'], {
      verification: { strategy: 'specific', channels: ['email'] },
    });
    const sms = await api.verify({ token, otps: { sms: codes.sms } });
    expect(sms.body).toMatchObject({ verified: true, session_verified: false, status: 'PARTIAL' });
    const email = await api.verify({ token, otps: { email: codes.email } });
    expect(email.body).toMatchObject({ verified: true, session_verified: true, status: 'APPROVED' });
  });

  it('B13 of three channels both that are named are required, and the third is not', async () => {
    const { token, codes } = await opened(service, api, ['email', 'sms', 'whatsapp'], {
      verification: { strategy: 'specific', channels: ['email', 'whatsapp'] },
    });
    const email = await api.verify({ token, otps: { email: codes.email } });
    expect(email.body).toMatchObject({ verified: true, session_verified: false, status: 'PARTIAL' });
    const whatsapp = await api.verify({ token, otps: { whatsapp: codes.whatsapp } });
    expect(whatsapp.body).toMatchObject({ verified: true, session_verified: true, status: 'APPROVED' });
  });

  it.each([
    [{ strategy: 'specific' }, 'verification.channels'],
    [{ strategy: 'specific', channels: [] }, 'verification.channels'],
    [{ strategy: 'specific', channels: ['whatsapp'] }, 'verification.channels'],
    [{ strategy: 'any', channels: ['email'] }, 'verification.channels'],
    [{ strategy: 'some' }, 'verification.strategy'],
  ])('B13 %j is refused for an e-mail and SMS session', async (verification, field) => {
    const recipients = { email: 'strategy@example.com', sms: '+573001234542' };
    const { status, body } = await api.send({ channels: ['email', 'sms'], recipients, verification });
    expect({ status, field: body.details.field }).toEqual({ status: 400, field });
  });

  it.each(['whatsapp', 'sms'] as const)(
    'B14, B51, P6 a user sent a code by SMS and WhatsApp can verify with the one from %s alone',
    async (channel) => {
      const sent = await api.send({
        channels: ['sms', 'whatsapp'],
        recipients: { sms: '+1234567890', whatsapp: '+1 (234) 567-890' },
        metadata: { purpose: 'phone_verification' },
      });
      const codes = await codesOf(service, sent.body.session_id, 2);
      const { status, body } = await api.verify({
        token: sent.body.token,
        otps: { [channel]: codes[channel] },
      });
      expect(status).toBe(200);
      expect(body).toMatchObject({ verified: true, session_verified: true, status: 'APPROVED' });
    },
  );

  it.each([
    ['two phones', { sms: '+573001234542', whatsapp: '+573001234543' }, {}],
    ['a phone and a mailbox', { sms: '+573001234542', email: 'b51@example.com' }, {}],
    [
      'one phone, where all are asked for',
      { sms: '+573001234542', whatsapp: '+573001234542' },
      { verification: { strategy: 'all' } },
    ],
  ])('B51 %s are verified each for itself', async (_what, recipients, more) => {
    const sent = await api.send({ recipients, ...more });
    const codes = await codesOf(service, sent.body.session_id, 2);
    const { body } = await api.verify({ token: sent.body.token, otps: { sms: codes.sms } });
    expect(body).toMatchObject({ verified: true, session_verified: false, status: 'PARTIAL' });
  });
});

describe('attempts', () => {
  it.each([
    [undefined, 3],
    [5, 5],
    [1, 1],
  ])('B22 max_attempts %s allows %i', async (max, allowed) => {
    const config = max === undefined ? {} : { config: { max_attempts: max } };
    const { token, codes } = await opened(service, api, ['email'], config);
    for (let i = 0; i < allowed; i++) {
      expect(refusal(await api.verify({ token, otps: { email: otherThan(codes.email) } }))).toEqual(INVALID);
    }
    expect(refusal(await api.verify({ token, otps: { email: otherThan(codes.email) } }))).toEqual(EXCEEDED);
    // B36: the right code is refused as well.
    expect(refusal(await api.verify({ token, otps: { email: codes.email } }))).toEqual(EXCEEDED);
  });

  it('B22 of ten wrong codes at once three are compared, and the others find the attempts used up', async () => {
    const { token, codes } = await opened(service, api);
    const wrong = otherThan(codes.email);
    const verify = () => api.verify({ token, otps: { email: wrong } });
    const all = await Promise.all(Array.from({ length: 10 }, verify));
    const messages = all.map(({ body }) => body.message);
    expect(messages.filter((message) => message === 'Invalid OTP')).toHaveLength(3);
    expect(messages.filter((message) => message === 'Max attempts exceeded')).toHaveLength(7);
  });

  it('B22 a right code after all wrong ones but the last is taken', async () => {
    const { token, codes } = await opened(service, api);
    for (let i = 0; i < 2; i++) await api.verify({ token, otps: { email: otherThan(codes.email) } });
    expect((await api.verify({ token, otps: { email: codes.email } })).status).toBe(200);
  });

  it('B23 are tracked by one counter for all channels of a session', async () => {
    const { token, id, codes } = await opened(service, api, ALL);
    for (const [index, channel] of ALL.entries()) {
      const { body } = await api.verify({ token, otps: { [channel]: otherThan(codes[channel]) } });
      expect(body.details).toEqual({ attempts_remaining: 2 - index, channel });
      expect((await api.session(id)).body.attempts_remaining).toBe(2 - index);
    }
    expect(refusal(await api.verify({ token, otps: { email: codes.email } }))).toEqual(EXCEEDED);
  });

  it('B23 count each wrong code of one call', async () => {
    const { token, codes } = await opened(service, api, ['email', 'sms']);
    const otps = { email: otherThan(codes.email), sms: otherThan(codes.sms) };
    expect((await api.verify({ token, otps })).body.details.attempts_remaining).toBe(1);
    const mixed = await api.verify({ token, otps: { email: codes.email, sms: otherThan(codes.sms) } });
    expect(mixed.body).toMatchObject({ verified: false, status: 'LOCKED', attempts_remaining: 0 });
    expect(mixed.body.verification_results).toEqual({
      email: { success: true, message: 'OTP verified successfully' },
      sms: { success: false, message: 'Invalid OTP' },
    });
  });
});

describe('errors of verify', () => {
  it('B34 a wrong code is an Invalid OTP and leaves further attempts', async () => {
    const { token, codes } = await opened(service, api);
    expect(refusal(await api.verify({ token, otps: { email: otherThan(codes.email) } }))).toEqual(INVALID);
    expect((await api.verify({ token, otps: { email: codes.email } })).status).toBe(200);
  });

  it('B35 a session that timed out is an OTP expired and a new send helps', async () => {
    const { token, codes, recipients } = await opened(service, api);
    minutes(10);
    expect(refusal(await api.verify({ token, otps: { email: codes.email } }))).toEqual(EXPIRED);
    const again = await api.send({ channels: ['email'], recipients });
    expect(again.status).toBe(200);
    const { email } = await codesOf(service, again.body.session_id, 1);
    expect((await api.verify({ token: again.body.session_token, otps: { email } })).status).toBe(200);
  });

  it('B36 too many wrong codes lock the session and a new send helps', async () => {
    const { token, id, codes, recipients } = await opened(service, api);
    for (let i = 0; i < 3; i++) await api.verify({ token, otps: { email: otherThan(codes.email) } });
    for (const code of [otherThan(codes.email), codes.email]) {
      expect(refusal(await api.verify({ token, otps: { email: code } }))).toEqual(EXCEEDED);
    }
    expect((await api.session(id)).body.status).toBe('LOCKED');
    const again = await api.send({ channels: ['email'], recipients });
    const { email } = await codesOf(service, again.body.session_id, 1);
    expect((await api.verify({ token: again.body.session_token, otps: { email } })).status).toBe(200);
  });
});
