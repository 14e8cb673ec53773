import { describe, expect, it } from 'vitest';
import {
  expectNothingSent,
  newBeneficiary,
  newIntegration,
  redeem,
  send,
  validate,
} from '../../promises/support/beneficiaryApi.js';
import { newPhone, request, verify } from '../../promises/support/messagingApi.js';
import { apiKey, bearer, restClient } from '../../support/rest.js';
import { serviceForSuite } from '../../support/serviceForSuite.js';

const CODE = 'x-sandbox-code';
const service = serviceForSuite();

describe('X-Sandbox-Code', () => {
  it('is the code of a beneficiary send with a test key, or a token of one, and nothing is sent', async () => {
    const { api: byToken } = await newIntegration(service, { mode: 'MODE_TEST' });
    for (const api of [restClient(service.baseUrl, bearer(service.testKey)), byToken]) {
      const person = await newBeneficiary(service);
      const { headers, body } = await send(api, person);
      const code = headers.get(CODE)!;
      expect(code).toMatch(/^\d{6}$/);
      expect(JSON.stringify(body)).not.toContain(code);
      const { status, body: proved } = await validate(api, body.otp_id, code);
      expect(status).toBe(200);
      await expectNothingSent(service, person);
      // A sandbox proof satisfies no live check, nor is it found by one.
      const { api: live } = await newIntegration(service);
      expect((await redeem(live, proved.otp_verification_token)).status).toBe(404);
      expect((await redeem(api, proved.otp_verification_token)).body).toMatchObject({ sandbox: true });
    }
  });

  it('is the code of a messaging request with a test key', async () => {
    const api = restClient(service.baseUrl, bearer(service.testKey));
    const { headers, body } = await request(api, newPhone());
    const { data } = (await verify(api, body.data.sessionId, headers.get(CODE)!)).body;
    expect(data.status).toBe('APPROVED');
  });

  it('is never there with a live key', async () => {
    const { api } = await newIntegration(service);
    const live = restClient(service.baseUrl, bearer(service.liveKey));
    const responses = [
      await send(api, await newBeneficiary(service)),
      await request(live, newPhone()),
      await restClient(service.baseUrl, apiKey(service.liveKey)).post('/api/v1/otp/send', {
        recipients: { sms: newPhone() },
        sandbox_mode: true,
      }),
    ];
    for (const { status, headers } of responses) {
      expect(status).toBe(200);
      expect(headers.get(CODE)).toBeNull();
    }
  });
});
