import { beforeEach, describe, expect, it } from 'vitest';
import type { Rest } from '../support/rest.js';
import { serviceForSuite } from '../support/serviceForSuite.js';
import {
  changeSponsor,
  expectNothingSent,
  newBeneficiary,
  newIntegration,
  newSponsor,
  redeem,
  send,
  verified,
} from './support/beneficiaryApi.js';

const service = serviceForSuite();
let api: Rest;
beforeEach(async () => {
  ({ api } = await newIntegration(service));
});

const rule = (operation: string, requirement: string, ...productTypes: string[]) => ({
  operation,
  productTypes,
  requirement: `REQUIREMENT_${requirement}`,
});
const configuration = (slug: string, product: string) =>
  api.get(`/v1/sponsors/${slug}/configuration?product_type=${product}`);
const statusOf = (id: string, slug: string, product: string) =>
  api.get(`/v1/dispensations/${id}/verification-status?sponsor_slug=${slug}&product_type=${product}`);

describe('a sponsor decides', () => {
  it('A15 sets which operations of which product require an OTP, and its configuration lists them', async () => {
    const slug = await newSponsor(service, {
      rules: [
        rule('DISPENSATION', 'REQUIRED', 'MEDICATION'),
        rule('DISPENSATION', 'OPTIONAL', 'LAB'),
        rule('SETTLEMENT', 'REQUIRED', 'LAB'),
        rule('PRE_AUTHORIZATION', 'REQUIRED'),
        rule('REVERSAL', 'FORBIDDEN'),
      ],
    });
    const { status, body } = await configuration(slug, 'MEDICATION');
    expect(status).toBe(200);
    expect(body).toEqual({
      sponsor_slug: slug,
      product_type: 'MEDICATION',
      operations: [
        { operation: 'DISPENSATION', otp_required: true },
        { operation: 'PRE_AUTHORIZATION', otp_required: true },
      ],
      channels: ['EMAIL', 'SMS'],
    });
    expect((await configuration(slug, 'LAB')).body.operations).toEqual([
      { operation: 'DISPENSATION', otp_required: false },
      { operation: 'SETTLEMENT', otp_required: true },
      { operation: 'PRE_AUTHORIZATION', otp_required: true },
    ]);
  });

  it('A15 changes its rules at any time: a changed rule applies to the next response', async () => {
    const slug = await newSponsor(service, { rules: [rule('DISPENSATION', 'OPTIONAL', 'MEDICATION')] });
    const seen = async () => ({
      configuration: (await configuration(slug, 'MEDICATION')).body.operations,
      status: (await statusOf('dsp_1', slug, 'MEDICATION')).body.verification_required,
    });
    expect(await seen()).toEqual({
      configuration: [{ operation: 'DISPENSATION', otp_required: false }],
      status: null,
    });
    await changeSponsor(service, slug, { rules: [rule('DISPENSATION', 'REQUIRED', 'MEDICATION')] });
    expect(await seen()).toEqual({
      configuration: [{ operation: 'DISPENSATION', otp_required: true }],
      status: 'OTP',
    });
  });

  it('A16 sets whether one dispensation requires an OTP, and the status says when it was given', async () => {
    const slug = await newSponsor(service, { rules: [rule('DISPENSATION', 'REQUIRED', 'MEDICATION')] });
    const required = await statusOf('dsp_77', slug, 'MEDICATION');
    expect(required.status).toBe(200);
    expect(required.body).toEqual({
      dispensation_id: 'dsp_77',
      verification_required: 'OTP',
      satisfied: false,
    });
    expect((await statusOf('dsp_77', slug, 'LAB')).body).toEqual({
      dispensation_id: 'dsp_77',
      verification_required: null,
      satisfied: false,
    });

    const { token } = await verified(service, api, await newBeneficiary(service, slug));
    expect((await statusOf('dsp_77', slug, 'MEDICATION')).body.satisfied).toBe(false);
    await redeem(api, token, { type: 'DISPENSATION', id: 'dsp_77', product_type: 'MEDICATION' });
    expect((await statusOf('dsp_77', slug, 'MEDICATION')).body).toEqual({
      dispensation_id: 'dsp_77',
      verification_required: 'OTP',
      satisfied: true,
    });
    expect((await statusOf('dsp_78', slug, 'MEDICATION')).body.satisfied).toBe(false);
  });
});

describe('a sponsor decides, never the caller', () => {
  it('A31, P3 its rule holds without a product type and in any case', async () => {
    const slug = await newSponsor(service, { rules: [rule('DISPENSATION', 'REQUIRED', 'MEDICATION')] });
    for (const query of [
      '&product_type=MEDICATION',
      '&product_type=medication',
      '&product_type=%20Medication',
      '',
    ]) {
      const status = await api.get(
        `/v1/dispensations/dsp_31/verification-status?sponsor_slug=${slug}${query}`,
      );
      expect(status.body.verification_required, query).toBe('OTP');
      const listed = await api.get(`/v1/sponsors/${slug}/configuration?${query.slice(1)}`);
      expect(listed.body.operations, query).toEqual([{ operation: 'DISPENSATION', otp_required: true }]);
    }
    expect((await statusOf('dsp_31', slug, 'LAB')).body.verification_required).toBeNull();
  });

  it('A31 a misspelled parameter does not weaken it', async () => {
    const slug = await newSponsor(service);
    const { status, body } = await api.get(`/v1/sponsors/${slug}/configuration?productType=LAB`);
    expect({ status, field: body.errors[0].field }).toEqual({ status: 400, field: 'productType' });
  });

  it('A31 a dispensation that was sent a code for a product reports that product', async () => {
    const slug = await newSponsor(service, {
      rules: [rule('DISPENSATION', 'REQUIRED', 'MEDICATION'), rule('DISPENSATION', 'OPTIONAL', 'LAB')],
    });
    const person = await newBeneficiary(service, slug);
    const sendFor = async (id: string, product_type: string) => {
      const response = await send(api, person, { operation: { type: 'dispensation', id, product_type } });
      expect(response.status, response.text).toBe(200);
    };
    await sendFor('dsp_lab', 'lab');
    await sendFor('dsp_med', 'Medication');
    const required = async (id: string, query = '') =>
      (await api.get(`/v1/dispensations/${id}/verification-status?sponsor_slug=${slug}${query}`)).body
        .verification_required;
    expect(await required('dsp_lab')).toBeNull();
    expect(await required('dsp_med')).toBe('OTP');
    expect(await required('dsp_med', '&product_type=LAB')).toBe('OTP');
    expect(await required('dsp_unknown')).toBe('OTP');
  });

  it('A32, P4 a forbidden operation is not cleared by an OTP that was sent without naming it', async () => {
    const slug = await newSponsor(service, {
      rules: [rule('SETTLEMENT', 'FORBIDDEN'), rule('DISPENSATION', 'FORBIDDEN', 'LAB')],
    });
    const { token } = await verified(service, api, await newBeneficiary(service, slug));
    for (const operation of [
      { type: 'SETTLEMENT', id: 's1' },
      { type: 'settlement', id: 's1' },
      { type: 'DISPENSATION', id: 'd1', product_type: 'lab' },
      { type: 'DISPENSATION', id: 'd1' },
    ]) {
      const { status, body } = await redeem(api, token, operation);
      expect({ operation, status, error_code: body.error_code }).toEqual({
        operation,
        status: 403,
        error_code: '071-202',
      });
    }
    const allowed = await redeem(api, token, { type: 'DISPENSATION', id: 'd1', product_type: 'MEDICATION' });
    expect(allowed.status, allowed.text).toBe(200);
  });

  it('P4 a sponsor that forbids it later forbids the redemption of what was sent before', async () => {
    const slug = await newSponsor(service);
    const operation = { type: 'SETTLEMENT', id: 's4' };
    const { token } = await verified(service, api, await newBeneficiary(service, slug), { operation });
    await changeSponsor(service, slug, { rules: [rule('SETTLEMENT', 'FORBIDDEN')] });
    expect((await redeem(api, token, operation)).status).toBe(403);
    await changeSponsor(service, slug, { rules: [] });
    expect((await redeem(api, token, operation)).status).toBe(200);
  });
});

describe('a sponsor that does not allow an OTP', () => {
  const refusal = { status: 403, error_code: '071-202' };
  const ask = async (
    client: Rest,
    person: Parameters<typeof send>[1],
    more: object = {},
  ): Promise<typeof refusal> => {
    const { status, body } = await send(client, person, more);
    return { status, error_code: body.error_code };
  };

  it('A18 for any OTP is 403 071-202, and nothing is sent', async () => {
    const person = await newBeneficiary(service, await newSponsor(service, { otpForbidden: true }));
    expect(await ask(api, person)).toEqual(refusal);
    expect(await ask(api, person, { operation: { type: 'SETTLEMENT', id: 's1' } })).toEqual(refusal);
    await expectNothingSent(service, person);
  });

  it('A18 on an operation is 403 071-202 for that operation, and nothing is sent', async () => {
    const slug = await newSponsor(service, {
      rules: [rule('SETTLEMENT', 'FORBIDDEN'), rule('DISPENSATION', 'FORBIDDEN', 'LAB')],
    });
    const person = await newBeneficiary(service, slug);
    for (const operation of [
      { type: 'SETTLEMENT', id: 's1' },
      { type: 'DISPENSATION', id: 'd1', product_type: 'LAB' },
    ]) {
      expect(await ask(api, person, { operation })).toEqual(refusal);
    }
    await expectNothingSent(service, person);
    const allowed = { operation: { type: 'DISPENSATION', id: 'd1', product_type: 'MEDICATION' } };
    expect((await send(api, person, allowed)).status).toBe(200);
  });

  it('A18 to a provider it does not list is 403 071-202, and to a listed one is not', async () => {
    const listed = await newIntegration(service);
    const slug = await newSponsor(service, { clients: [listed.clientId] });
    const person = await newBeneficiary(service, slug);
    expect(await ask(api, person)).toEqual(refusal);
    await expectNothingSent(service, person);
    expect((await send(listed.api, person)).status).toBe(200);
  });

  it('A18 is indistinguishable from an unknown sponsor or beneficiary', async () => {
    const forbidding = await newBeneficiary(service, await newSponsor(service, { otpForbidden: true }));
    const responses = [
      await send(api, forbidding),
      await send(api, { ...forbidding, sponsor_slug: 'unknown' }),
      await send(api, { ...(await newBeneficiary(service)), beneficiary_id: 'unknown' }),
    ];
    expect(new Set(responses.map(({ status, text }) => `${status} ${text}`)).size).toBe(1);
  });
});

describe('a channel', () => {
  it('A29 that the sponsor does not support is rejected with 422, and nothing is sent', async () => {
    const person = await newBeneficiary(service, await newSponsor(service, { channels: ['CHANNEL_SMS'] }));
    const { status, body } = await send(api, person, { channel: 'EMAIL' });
    expect({ status, error_code: body.error_code }).toEqual({
      status: 422,
      error_code: 'CHANNEL_NOT_SUPPORTED',
    });
    await expectNothingSent(service, person);
  });

  it('A29 that the service does not support is rejected with 422, and nothing is sent', async () => {
    const person = await newBeneficiary(service);
    for (const channel of ['FAX', 'sms', 'WHATSAPP', 'constructor', 'SMS ', '__proto__']) {
      const { status, body } = await send(api, person, { channel });
      expect({ channel, status, error_code: body.error_code }).toEqual({
        channel,
        status: 422,
        error_code: 'CHANNEL_NOT_SUPPORTED',
      });
    }
    await expectNothingSent(service, person);
  });
});
