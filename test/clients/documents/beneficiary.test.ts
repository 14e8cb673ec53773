import { describe, expect, it } from 'vitest';
import { newBeneficiary, newIntegration, newSponsor, redeem } from '../../promises/support/beneficiaryApi.js';
import { serviceForSuite } from '../../support/serviceForSuite.js';
import { otherThan } from '../../wire/support/delivered.js';
import { beneficiaryClient } from './support/documentClients.js';
import { readCode } from './support/person.js';
import { STYLES } from './support/style.js';

const service = serviceForSuite({ env: { OTP_HASH: 'hmac' } });

describe.each(Object.entries(STYLES))('a client of the beneficiary document, %s,', (_, style) => {
  async function start(channel = 'SMS') {
    const { api, token } = await newIntegration(service);
    const client = beneficiaryClient(service.baseUrl, token, style());
    const { beneficiary_id, sponsor_slug, phone, email } = await newBeneficiary(service);
    const send = () => client.send(beneficiary_id, sponsor_slug, channel);
    const address = channel === 'SMS' ? phone : email;
    return {
      api,
      client,
      send,
      sponsor_slug,
      code: (count = 1) => readCode(service, channel.toLowerCase(), address, count),
    };
  }

  it.each(['SMS', 'EMAIL'])('sends by %s, validates and attaches the token, once', async (channel) => {
    const { api, client, send, code } = await start(channel);
    const sent = await send();
    expect(sent).toMatchObject({ status: 200, body: { channel, expires_in: 300 } });
    expect(sent.body.masked_destination).toContain('*');
    const { status, body } = await client.validate(sent.body.otp_id, await code());
    expect({ status, expires_in: body.expires_in }).toEqual({ status: 200, expires_in: 600 });
    expect((await redeem(api, body.otp_verification_token)).status).toBe(200);
    const again = await client.validate(sent.body.otp_id, await code());
    expect(again).toMatchObject({ status: 404, body: { error_code: '071-203' } });
  });

  it('retries after a wrong code, and learns that the OTP is validated already', async () => {
    const { api, client, send, code } = await start();
    const { otp_id } = (await send()).body;
    const right = await code();
    const wrong = await client.validate(otp_id, otherThan(right));
    expect(wrong).toMatchObject({ status: 422, body: { error_code: '071-206' } });
    const { status, body } = await client.validate(otp_id, right);
    expect(status).toBe(200);
    const again = await client.validate(otp_id, right);
    expect(again).toMatchObject({ status: 409, body: { error_code: '071-204' } });
    expect((await redeem(api, body.otp_verification_token)).status).toBe(200);
  });

  it('sends again where the OTP has expired, or three wrong codes have invalidated it', async () => {
    const { client, send, code } = await start();
    const first = (await send()).body;
    const lateCode = await code();
    service.clock.advance(first.expires_in * 1000);
    const late = await client.validate(first.otp_id, lateCode);
    expect(late).toMatchObject({ status: 410, body: { error_code: '071-205' } });

    const second = (await send()).body;
    const right = await code(2);
    for (let n = 0; n < 3; n++)
      expect((await client.validate(second.otp_id, otherThan(right))).status).toBe(422);
    expect((await client.validate(second.otp_id, right)).status).not.toBe(200);

    const third = (await send()).body;
    expect((await client.validate(third.otp_id, await code(3))).status).toBe(200);
  });

  it('learns from status and error_code what is wrong with a request', async () => {
    const { client, send, sponsor_slug } = await start();
    const malformed = await client.send(undefined, sponsor_slug, 'SMS');
    expect(malformed).toMatchObject({ status: 400, body: { error_code: '071-201' } });
    const unknown = await client.validate('otp_01HX9NPQ12ABCDEFGH34567890', '482913');
    expect(unknown).toMatchObject({ status: 404, body: { error_code: '071-203' } });
    const forbidden = await newSponsor(service, { otpForbidden: true });
    const onFile = await newBeneficiary(service, forbidden);
    const refused = await client.send(onFile.beneficiary_id, forbidden, 'SMS');
    expect(refused).toMatchObject({ status: 403, body: { error_code: '071-202' } });
    const smsOnly = await newBeneficiary(service, await newSponsor(service, { channels: ['CHANNEL_SMS'] }));
    expect((await client.send(smsOnly.beneficiary_id, smsOnly.sponsor_slug, 'EMAIL')).status).toBe(422);
    for (let n = 0; n < 5; n++) expect((await send()).status).toBe(200);
    const tooMany = await send();
    expect(tooMany).toMatchObject({ status: 429, body: { error_code: '071-207' } });
    expect(Number(tooMany.retryAfter)).toBeGreaterThan(0);
  });
});
