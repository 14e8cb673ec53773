import { beforeAll, describe, expect, it } from 'vitest';
import { bearer, type Rest, restClient } from '../support/rest.js';
import { serviceForSuite } from '../support/serviceForSuite.js';
import {
  codeOf,
  expectNothingSent,
  type Integration,
  newBeneficiary,
  newIntegration,
  newSponsor,
  redeem,
  send,
  sent,
  to,
  validate,
  wrongCodes,
} from './support/beneficiaryApi.js';

const service = serviceForSuite();
let integration: Integration;
let api: Rest;

const integrate = async () => {
  integration = await newIntegration(service);
  api = integration.api;
};
beforeAll(integrate);

const messagesTo = async (...addresses: string[]) =>
  (await service.inbox()).filter((message) => addresses.includes(message.to));

describe('an access token', () => {
  const withoutToken = () => restClient(service.baseUrl);
  const withToken = (token: string) => restClient(service.baseUrl, bearer(token));

  it('A1 opens send and validate, with an OTP on top of it', async () => {
    const person = await newBeneficiary(service);
    const { otp_id, code } = await sent(service, api, person);
    expect((await validate(api, otp_id, code)).status).toBe(200);
  });

  it('A1 is required by send and by validate, also with a correct code', async () => {
    const person = await newBeneficiary(service);
    const { otp_id, code } = await sent(service, api, person);
    const strangers = {
      'no token': withoutToken(),
      'a made-up token': withToken('made-up'),
      'a made-up JWT': withToken('eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJtZSJ9.c2lnbmF0dXJl'),
      'a token with its end changed': withToken(`${integration.token.slice(0, -4)}AAAA`),
      'an unknown API key': withToken(`sk_otp_live_${'A'.repeat(43)}`),
      'another scheme': restClient(service.baseUrl, { authorization: `Token ${integration.token}` }),
      'the code in place of a token': withToken(code),
      'the OTP in place of a token': withToken(otp_id),
    };
    for (const [who, stranger] of Object.entries(strangers)) {
      for (const response of [
        await send(stranger, await newBeneficiary(service)),
        await validate(stranger, otp_id, code),
      ]) {
        expect({ who, status: response.status, code: response.body.error_code }).toEqual({
          who,
          status: 401,
          code: 'UNAUTHENTICATED',
        });
      }
    }
    expect((await validate(api, otp_id, code)).status).toBe(200);
  });

  it('A1 ends: an expired one opens neither', async () => {
    const { api: old } = await newIntegration(service);
    const person = await newBeneficiary(service);
    service.clock.advance(3_599_000);
    const { otp_id, code } = await sent(service, old, person);
    service.clock.advance(1_000);
    expect((await send(old, person)).status).toBe(401);
    expect((await validate(old, otp_id, code)).status).toBe(401);
    await integrate();
    expect((await validate(api, otp_id, code)).status).toBe(200);
  });
});

describe('send', () => {
  it('A2 takes the body the document prints and returns its four fields and no other', async () => {
    await newSponsor(service, { slug: 'sponsor-sandbox' });
    await newBeneficiary(service, 'sponsor-sandbox', { beneficiary_id: 'bnf_01HW8GQ2KMNP3F4R5T6Y7U8I9O' });
    const { status, body } = await api.post('/v1/otp/send', {
      beneficiary_id: 'bnf_01HW8GQ2KMNP3F4R5T6Y7U8I9O',
      sponsor_slug: 'sponsor-sandbox',
      channel: 'SMS',
    });
    expect(status).toBe(200);
    expect(body).toEqual({
      otp_id: expect.any(String),
      channel: 'SMS',
      expires_in: 300,
      masked_destination: expect.any(String),
    });
  });

  it('A3 names a person: a short readable code goes by SMS to the phone on file', async () => {
    const person = await newBeneficiary(service);
    const { response } = await sent(service, api, person);
    expect(response.body.channel).toBe('SMS');
    const messages = await messagesTo(person.phone, person.email);
    expect(messages).toMatchObject([{ channel: 'sms', to: person.phone }]);
    expect(messages[0]!.text.match(/\d{6,}/g)).toEqual([expect.stringMatching(/^\d{6}$/)]);
  });

  it('A4 sends EMAIL to the e-mail of record and nowhere else', async () => {
    const person = await newBeneficiary(service);
    const { response } = await sent(service, api, person, { channel: 'EMAIL' });
    expect(response.body.channel).toBe('EMAIL');
    expect(await messagesTo(person.phone, person.email)).toMatchObject([
      { channel: 'email', to: person.email },
    ]);
  });

  it('A5 uses SMS where no channel is named', async () => {
    const person = await newBeneficiary(service);
    const { sponsor_slug, beneficiary_id } = person;
    const { status, body } = await api.post('/v1/otp/send', { sponsor_slug, beneficiary_id });
    expect({ status, channel: body.channel }).toEqual({ status: 200, channel: 'SMS' });
    await codeOf(service, body.otp_id);
    await expectNothingSent(service);
    expect(await messagesTo(person.phone, person.email)).toMatchObject([
      { channel: 'sms', to: person.phone },
    ]);
  });

  it('A5 rejects a channel that is null or empty', async () => {
    const person = await newBeneficiary(service);
    for (const channel of [null, '']) {
      const { status, body } = await send(api, person, { channel });
      expect({ status, error_code: body.error_code, field: body.errors?.[0]?.field }).toEqual({
        status: 400,
        error_code: '071-201',
        field: 'channel',
      });
    }
    await expectNothingSent(service, person);
  });

  it('A6 gives each OTP an id of its own, by which validate finds it', async () => {
    const first = await sent(service, api, await newBeneficiary(service));
    const second = await sent(service, api, await newBeneficiary(service));
    expect(first.otp_id).not.toBe(second.otp_id);
    for (const { otp_id } of [first, second]) expect(otp_id).toMatch(/^otp_[0-9A-HJKMNP-TV-Z]{26}$/);
    expect((await validate(api, first.otp_id, second.code)).status).toBe(422);
    expect((await validate(api, first.otp_id, first.code)).status).toBe(200);
    expect((await validate(api, second.otp_id, second.code)).status).toBe(200);
  });

  it('A7 says how long the OTP is valid: 300 seconds, and at 299 it is', async () => {
    const { otp_id, code, response } = await sent(service, api, await newBeneficiary(service));
    expect(response.body.expires_in).toBe(300);
    service.clock.advance(299_000);
    expect((await validate(api, otp_id, code)).status).toBe(200);
  });

  it('A8 hints at the destination in the documented form', async () => {
    const person = await newBeneficiary(service, undefined, {
      phone: '+573001234542',
      email: 'jonathan@example.com',
    });
    const hint = async (channel: string) => (await send(api, person, { channel })).body.masked_destination;
    expect(await hint('SMS')).toBe('+57 300 *** ** 42');
    expect(await hint('EMAIL')).toBe('j***n@example.com');
  });

  it('A9 never shows the number or the e-mail in a response body or header of a whole flow', async () => {
    const { api: watched } = await newIntegration(service);
    const person = await newBeneficiary(service, undefined, {
      phone: '+573109876543',
      email: 'maximiliana@example.com',
    });
    const mistaken = { ...person, beneficiary_id: 'unknown' };
    for (const channel of ['SMS', 'EMAIL', 'FAX', '', 7]) await send(watched, person, { channel });
    await send(watched, mistaken);
    await watched.post('/v1/otp/send', `{"beneficiary_id": "${person.beneficiary_id}", `);
    await watched.get(`/v1/sponsors/${person.sponsor_slug}/configuration`);
    const { otp_id, code } = await sent(service, watched, person);
    for (const wrong of wrongCodes(code, 1)) await validate(watched, otp_id, wrong);
    const { body } = await validate(watched, otp_id, code);
    await validate(watched, otp_id, code);
    await watched.post('/v1/otp/tokens/introspect', {
      otp_verification_token: body.otp_verification_token,
    });
    for (let n = 0; n < 2; n++) await redeem(watched, body.otp_verification_token);
    await validate(watched, otp_id, code);
    const late = await sent(service, watched, person, { channel: 'EMAIL' });
    service.clock.advance(300_000);
    await validate(watched, late.otp_id, late.code);
    for (let n = 0; n < 2; n++) await send(watched, person);

    const statuses = watched.responses.map(({ status }) => status);
    expect(new Set(statuses)).toEqual(new Set([200, 400, 403, 404, 409, 410, 422, 429]));
    const allText = watched.responses
      .flatMap(({ headers, text }) => [...headers].flat().concat(text))
      .join('\n');
    expect(allText.replaceAll(/[\s().-]/g, '')).not.toMatch(/3109876543|9876543/);
    expect(allText).not.toMatch(/maximiliana/i);
    expect(allText).toContain('+57 310 *** ** 43');
    expect(allText).toContain('m***a@example.com');
  });
});

describe('a malformed request', () => {
  it('A17 is refused with 071-201, and nothing is sent', async () => {
    const person = await newBeneficiary(service);
    const { sponsor_slug, beneficiary_id } = person;
    const whole = to(person);
    const malformed: [unknown, string | undefined][] = [
      [{ sponsor_slug, channel: 'SMS' }, 'beneficiary_id'],
      [{ beneficiary_id, channel: 'SMS' }, 'sponsor_slug'],
      [{ ...whole, beneficiary_id: '' }, 'beneficiary_id'],
      [{ ...whole, beneficiary_id: 17 }, 'beneficiary_id'],
      [{ ...whole, channel: 1 }, 'channel'],
      [{ ...whole, channel: ['SMS'] }, 'channel'],
      [{ ...whole, channel: { name: 'SMS' } }, 'channel'],
      [{ ...whole, channel: true }, 'channel'],
      ['not JSON', undefined],
      [JSON.stringify(whole).slice(0, -1), undefined],
      ['', undefined],
      ['null', undefined],
      [JSON.stringify([whole]), undefined],
    ];
    for (const [request, field] of malformed) {
      const { status, body } = await api.post('/v1/otp/send', request);
      expect({ request, status, error_code: body.error_code, field: body.errors?.[0].field }).toEqual({
        request,
        status: 400,
        error_code: '071-201',
        field,
      });
    }
    await expectNothingSent(service, person);
  });
});
