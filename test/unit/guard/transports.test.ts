import { beforeAll, describe, expect, it } from 'vitest';
import { readError } from '../../../clients/errors/index.js';
import { sandboxRecipient } from '../../../server/session/sandboxRecipients.js';
import { newBeneficiary, newIntegration, send as sendAsA } from '../../promises/support/beneficiaryApi.js';
import { multichannelApi } from '../../promises/support/multichannelApi.js';
import { connectJson } from '../../support/connectJson.js';
import { bearer, type RestResponse, restClient } from '../../support/rest.js';
import { serviceForSuite } from '../../support/serviceForSuite.js';
import { FIVE_CLIENTS } from '../../wire/support/fiveClients.js';

const BLOCKED = '+5352345678';
const { phone: SANDBOXED, email } = sandboxRecipient('send-refused');
const MESSAGE = 'The workspace does not send to that recipient for now.';

const service = serviceForSuite();
beforeAll(async () => {
  const guard = { countryBlock: ['CU'] };
  const call = connectJson(service.baseUrl, service.liveKey);
  await call('otp.admin.v1.GuardService/UpdateGuard', { guard, updateMask: 'countryBlock' });
});

/** A live message that the guard refuses, and the sandbox recipient that stands for one, which may be tried again. */
const KINDS = [
  { kind: 'live', phone: BLOCKED, wait: null },
  { kind: 'sandbox', phone: SANDBOXED, wait: '60' },
] as const;
const keyOf = (kind: 'live' | 'sandbox') => (kind === 'live' ? service.liveKey : service.testKey);

function expectResponse(response: RestResponse, wait: string | null, body: object) {
  expect([response.status, response.headers.get('retry-after')]).toEqual([403, wait]);
  expect(response.body).toEqual(body);
}

describe.each(KINDS)('a refused send ($kind)', ({ kind, phone, wait }) => {
  it('is reported in the words of the beneficiary dialect', async () => {
    const mode = kind === 'live' ? 'MODE_LIVE' : 'MODE_TEST';
    const { api } = await newIntegration(service, { mode });
    const response = await sendAsA(api, await newBeneficiary(service, undefined, { phone }));
    // No number is invented where the document has none.
    expectResponse(response, wait, { error_code: 'SEND_REFUSED', code: 'SEND_REFUSED', message: MESSAGE });
  });

  it('is reported in the words of the multi-channel dialect', async () => {
    const response = await multichannelApi(service.baseUrl, keyOf(kind)).send({
      channels: ['sms'],
      recipients: { sms: phone },
    });
    expect(response.body).toMatchObject({ success: false, message: MESSAGE, code: 'SEND_REFUSED' });
    expectResponse(response, wait, response.body);
  });

  it('is reported in the words of the messaging dialect', async () => {
    const api = restClient(service.baseUrl, bearer(keyOf(kind)));
    const response = await api.post('/v1/messaging/otp/request', {
      dest: phone,
      src: 'ACME',
      purpose: 'LOGIN',
    });
    expect(response.body).toMatchObject({
      success: false,
      message: MESSAGE,
      code: 'SEND_REFUSED',
      data: null,
    });
    expectResponse(response, wait, response.body);
  });

  it.each(FIVE_CLIENTS.map(({ name, connect }) => [name, connect] as const))(
    'is known to %s',
    async (_name, connect) => {
      const client = connect(service.baseUrl, keyOf(kind));
      const recipients = kind === 'live' ? { whatsapp: phone } : { email };
      const error = await client.otp.send({ recipients }).then(
        () => expect.unreachable('the message was sent'),
        (thrown: unknown) => readError(thrown),
      );
      expect(error).toMatchObject({ reason: 'SEND_REFUSED', message: MESSAGE, violations: [] });
      expect(error.retryAfterMs).toBe(wait === null ? undefined : Number(wait) * 1000);
      client.close();
    },
  );
});
