import { beforeEach, describe, expect, it } from 'vitest';
import type { Rest, RestResponse } from '../support/rest.js';
import { serviceForSuite } from '../support/serviceForSuite.js';
import {
  newBeneficiary,
  newIntegration,
  newSponsor,
  type OnFile,
  redeem,
  send,
  sent,
  validate,
  verified,
  wrongCodes,
} from './support/beneficiaryApi.js';

const HOUR = 3_600_000;
const UNKNOWN = 'otp_01HX9NPQ12ABCDEFGH34567890';
const service = serviceForSuite();
let api: Rest;
beforeEach(async () => {
  ({ api } = await newIntegration(service));
});

const refused = ({ status, body }: RestResponse) => ({ status, error_code: body.error_code });
const backOff = { status: 429, error_code: '071-207' };

/** Sends as often as it may in an hour. */
async function useUp(person: OnFile): Promise<void> {
  for (let n = 0; n < 5; n++) expect((await send(api, person)).status).toBe(200);
}
const messagesTo = async (person: OnFile) => (await service.inbox()).filter(({ to }) => to === person.phone);

describe('sends to one beneficiary of one sponsor', () => {
  it('A26 are five in an hour; the sixth is 429 071-207 with how long to wait', async () => {
    const person = await newBeneficiary(service);
    await sent(service, api, person);
    service.clock.advance(10 * 60_000);
    for (let n = 1; n < 5; n++) await sent(service, api, person);
    const sixth = await send(api, person);
    expect(refused(sixth)).toEqual(backOff);
    expect(sixth.headers.get('retry-after')).toBe(String(50 * 60));
    await sent(service, api, await newBeneficiary(service));
    expect(await messagesTo(person)).toHaveLength(5);

    service.clock.advance(50 * 60_000 - 1);
    ({ api } = await newIntegration(service));
    expect(refused(await send(api, person))).toEqual(backOff);
    service.clock.advance(1);
    expect((await send(api, person)).status).toBe(200);
    expect(refused(await send(api, person))).toEqual(backOff);
  });

  it('A26 are counted across channels and clients', async () => {
    const person = await newBeneficiary(service);
    const { api: other } = await newIntegration(service);
    for (const [who, channel] of [
      [api, 'SMS'],
      [other, 'EMAIL'],
      [api, 'EMAIL'],
      [other, 'SMS'],
      [api, 'SMS'],
    ] as const) {
      expect((await send(who, person, { channel })).status).toBe(200);
    }
    for (const who of [api, other]) expect(refused(await send(who, person))).toEqual(backOff);
  });

  it('A27 take nothing from the same beneficiary of another sponsor, nor from another beneficiary', async () => {
    const person = await newBeneficiary(service);
    await useUp(person);
    expect(refused(await send(api, person))).toEqual(backOff);
    const elsewhere = await newBeneficiary(service, await newSponsor(service), {
      beneficiary_id: person.beneficiary_id,
      phone: person.phone,
      email: person.email,
    });
    expect((await send(api, elsewhere)).status).toBe(200);
    expect((await send(api, await newBeneficiary(service, person.sponsor_slug))).status).toBe(200);
    expect(refused(await send(api, person))).toEqual(backOff);
  });

  it('A27 are available again an hour later', async () => {
    const person = await newBeneficiary(service);
    await useUp(person);
    service.clock.advance(HOUR);
    ({ api } = await newIntegration(service));
    await useUp(person);
  });
});

describe('requests of one client', () => {
  it('A28 are fifty a minute over send and validate together', async () => {
    const { api: other } = await newIntegration(service);
    const calls: (() => Promise<RestResponse>)[] = [];
    for (let n = 0; n < 5; n++) {
      const person = await newBeneficiary(service);
      for (let times = 0; times < 5; times++) {
        calls.push(
          () => send(api, person),
          () => validate(api, UNKNOWN, '482913'),
        );
      }
    }
    expect(calls).toHaveLength(50);
    const statuses: number[] = [];
    for (const call of calls) {
      statuses.push((await call()).status);
      service.clock.advance(1_000);
    }
    expect(statuses).toEqual(calls.map((_, n) => (n % 2 === 0 ? 200 : 404)));

    const person = await newBeneficiary(service);
    for (const call of [() => send(api, person), () => validate(api, UNKNOWN, '482913')]) {
      const response = await call();
      expect(refused(response)).toEqual(backOff);
      expect(response.headers.get('retry-after')).toBe('10');
    }
    expect((await send(other, person)).status).toBe(200);
    expect((await validate(other, UNKNOWN, '482913')).status).toBe(404);

    service.clock.advance(9_999);
    expect(refused(await send(api, person))).toEqual(backOff);
    service.clock.advance(1);
    expect((await send(api, person)).status).toBe(200);
    expect(refused(await validate(api, UNKNOWN, '482913'))).toEqual(backOff);
  });
});

it('A30 every error says what it is in error_code: the documented number, or the reason', async () => {
  const person = await newBeneficiary(service);
  const smsOnly = await newBeneficiary(service, await newSponsor(service, { channels: ['CHANNEL_SMS'] }));
  const forbidding = await newBeneficiary(service, await newSponsor(service, { otpForbidden: true }));
  const consumed = await verified(service, api, await newBeneficiary(service));
  await redeem(api, consumed.token);
  const approved = await verified(service, api, await newBeneficiary(service));
  const expired = await sent(service, api, await newBeneficiary(service));
  service.clock.advance(300_000);
  const locked = await sent(service, api, await newBeneficiary(service));
  for (const attempt of wrongCodes(locked.code, 3)) await validate(api, locked.otp_id, attempt);
  const open = await sent(service, api, await newBeneficiary(service));
  const often = await newBeneficiary(service);
  await useUp(often);
  const { api: busy } = await newIntegration(service);
  for (let n = 0; n < 50; n++) await validate(busy, UNKNOWN, '482913');

  const errors: [Promise<RestResponse>, number, string][] = [
    [api.post('/v1/otp/send', { sponsor_slug: person.sponsor_slug }), 400, '071-201'],
    [api.post('/v1/otp/send', 'not JSON'), 400, '071-201'],
    [send(api, person, { channel: null }), 400, '071-201'],
    [api.post('/v1/otp/validate', { otp_id: open.otp_id }), 400, '071-201'],
    [send(api, forbidding), 403, '071-202'],
    [validate(api, UNKNOWN, '482913'), 404, '071-203'],
    [validate(api, consumed.otp_id, consumed.code), 404, '071-203'],
    [validate(api, approved.otp_id, approved.code), 409, '071-204'],
    [validate(api, expired.otp_id, expired.code), 410, '071-205'],
    [validate(api, locked.otp_id, locked.code), 410, '071-205'],
    [validate(api, open.otp_id, wrongCodes(open.code, 1)[0]!), 422, '071-206'],
    [send(api, often), 429, '071-207'],
    [validate(busy, UNKNOWN, '482913'), 429, '071-207'],
    [send(api, smsOnly, { channel: 'EMAIL' }), 422, 'CHANNEL_NOT_SUPPORTED'],
    [send(api, person, { channel: 'FAX' }), 422, 'CHANNEL_NOT_SUPPORTED'],
  ];
  for (const [call, status, error_code] of errors) {
    const response = await call;
    expect(response.headers.get('content-type')).toBe('application/json');
    expect(response.body).toMatchObject({
      error_code,
      code: expect.any(String),
      message: expect.any(String),
    });
    expect(response.status).toBe(status);
  }
});
