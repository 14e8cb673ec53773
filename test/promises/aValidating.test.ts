import { beforeEach, describe, expect, it } from 'vitest';
import { createIds, idToOtp } from '../../server/domain/ids.js';
import { systemRandom } from '../../server/platform/random.js';
import type { Rest, RestResponse } from '../support/rest.js';
import { serviceForSuite } from '../support/serviceForSuite.js';
import {
  newBeneficiary,
  newIntegration,
  redeem,
  send,
  sent,
  validate,
  verified,
  wrongCodes,
} from './support/beneficiaryApi.js';

const service = serviceForSuite();
let api: Rest;
beforeEach(async () => {
  ({ api } = await newIntegration(service));
});

const refused = ({ status, body }: RestResponse) => ({ status, error_code: body.error_code });

describe('the right code', () => {
  it('A10 returns a token and its lifetime, and nothing else', async () => {
    const { otp_id, code } = await sent(service, api, await newBeneficiary(service));
    const { status, body } = await validate(api, otp_id, code);
    expect(status).toBe(200);
    expect(body).toEqual({ otp_verification_token: expect.any(String), expires_in: 600 });
  });

  it('A11 gives a token that differs each time and reveals nothing of code, address or person', async () => {
    const tokens: string[] = [];
    for (let n = 0; n < 2; n++) {
      const person = await newBeneficiary(service);
      const { code, token } = await verified(service, api, person);
      expect(token).toMatch(/^otvt_[0-9A-Za-z]{58}$/);
      const readings = [
        token,
        ...(['base64', 'base64url', 'hex'] as const).map((way) => decoded(token, way)),
      ];
      for (const reading of readings) {
        for (const secret of [code, person.phone.slice(1), person.email, person.beneficiary_id]) {
          expect(reading.toLowerCase()).not.toContain(secret.toLowerCase());
        }
      }
      tokens.push(token);
    }
    expect(tokens[0]).not.toBe(tokens[1]);
  });
  const decoded = (token: string, way: BufferEncoding) =>
    Buffer.from(token.slice('otvt_'.length), way).toString('latin1');
});

describe('an OTP', () => {
  it('A19 that was never issued is 404 071-203', async () => {
    const unknown = [
      idToOtp(createIds(service.clock, systemRandom)()),
      'otp_01HX9NPQ12ABCDEFGH34567890',
      'otp_',
      'nonsense',
      createIds(service.clock, systemRandom)(),
      `otp_${'z'.repeat(26)}`,
      '../otp',
      '\u0000',
    ];
    for (const otp_id of unknown) {
      expect({ otp_id, ...refused(await validate(api, otp_id, '482913')) }).toEqual({
        otp_id,
        status: 404,
        error_code: '071-203',
      });
    }
  });

  it('A20 that is consumed, its token redeemed, is 404 071-203', async () => {
    const { otp_id, code, token } = await verified(service, api, await newBeneficiary(service));
    expect((await redeem(api, token)).status).toBe(200);
    expect(refused(await validate(api, otp_id, code))).toEqual({ status: 404, error_code: '071-203' });
  });

  it('A21 that is validated already is 409 071-204 without a token, and the first token still redeems', async () => {
    const { otp_id, code, token } = await verified(service, api, await newBeneficiary(service));
    const again = await validate(api, otp_id, code);
    expect(refused(again)).toEqual({ status: 409, error_code: '071-204' });
    expect(again.text).not.toContain('otvt_');
    expect((await redeem(api, token)).status).toBe(200);
  });

  it('A22 that has expired is 410 071-205, and a new one works', async () => {
    const person = await newBeneficiary(service);
    const { otp_id, code } = await sent(service, api, person);
    service.clock.advance(300_000);
    expect(refused(await validate(api, otp_id, code))).toEqual({ status: 410, error_code: '071-205' });
    const next = await sent(service, api, person);
    expect(next.otp_id).not.toBe(otp_id);
    expect((await validate(api, next.otp_id, next.code)).status).toBe(200);
    expect(refused(await validate(api, otp_id, code))).toEqual({ status: 410, error_code: '071-205' });
  });
});

describe('a wrong code', () => {
  it('A23 is 422 071-206, without a token', async () => {
    const { otp_id, code } = await sent(service, api, await newBeneficiary(service));
    const response = await validate(api, otp_id, wrongCodes(code, 1)[0]!);
    expect(refused(response)).toEqual({ status: 422, error_code: '071-206' });
    expect(response.text).not.toMatch(/otvt_|token/);
    expect(response.text).not.toContain(code);
  });

  it('A24 leaves the beneficiary further attempts', async () => {
    const { otp_id, code } = await sent(service, api, await newBeneficiary(service));
    const statuses: number[] = [];
    for (const attempt of [...wrongCodes(code, 2), code]) {
      statuses.push((await validate(api, otp_id, attempt)).status);
    }
    expect(statuses).toEqual([422, 422, 200]);
  });

  it('A25 given three times invalidates the OTP, for the right code too', async () => {
    const person = await newBeneficiary(service);
    const { otp_id, code } = await sent(service, api, person);
    for (const attempt of wrongCodes(code, 3)) {
      expect(refused(await validate(api, otp_id, attempt))).toEqual({ status: 422, error_code: '071-206' });
    }
    for (const attempt of [code, ...wrongCodes(code, 1)]) {
      expect(refused(await validate(api, otp_id, attempt))).toEqual({ status: 410, error_code: '071-205' });
    }
    expect((await send(api, person)).status).toBe(200);
  });
});
