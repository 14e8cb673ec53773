import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readError } from '../../../clients/errors/index.js';
import { createOtpClient } from '../../../clients/node/index.js';
import { connectJson } from '../../support/connectJson.js';
import { apiKey, restClient } from '../../support/rest.js';
import { startService, type TestService } from '../../support/service.js';
import { deliveredCode } from '../../wire/support/delivered.js';

let service: TestService;
beforeAll(async () => {
  service = await startService();
});
afterAll(() => service.stop());

const key = () => service.liveKey;

describe('a JSON body with a byte order mark', () => {
  it.each(['/api/v1/otp/send', '/otp.v1.OtpService/Send'])('K13 is read: %s', async (path) => {
    const body =
      path === '/api/v1/otp/send'
        ? { channels: ['email'], recipients: { email: 'bom@example.com' } }
        : { recipients: { email: 'bom.native@example.com' } };
    const response = await fetch(service.baseUrl + path, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${key()}`, 'x-api-key': key() },
      body: `\ufeff${JSON.stringify(body)}`,
    });
    expect(response.status).toBe(200);
  });
});

describe('a phone number in a query', () => {
  it.each(['+573001234599', '%2B573001234599'])('K13 is found as %s', async (written) => {
    const api = restClient(service.baseUrl, apiKey(key()));
    await api.post('/api/v1/otp/send', { channels: ['sms'], recipients: { sms: '+573001234599' } });
    const { status, body } = await api.get(`/api/v1/otp/sessions?recipient=${written}`);
    expect(status).toBe(200);
    expect(body.sessions.length).toBeGreaterThan(0);
  });
});

describe('a locale with an underscore', () => {
  it.each([
    ['fr_FR', 'Votre code'],
    ['es_CO', 'Tu código'],
    ['de_DE', 'Ihr'],
  ])('K13 %s is read as with a hyphen', async (locale, beginning) => {
    const email = `reader.${locale}@example.com`;
    const call = connectJson(service.baseUrl, key());
    const { status, body } = await call('otp.v1.OtpService/Send', { recipients: { email }, locale });
    expect(status).toBe(200);
    await deliveredCode(service, body.session.id, 'email');
    const messages = await service.inbox();
    expect(messages.find((one) => one.to === email)?.subject).toMatch(new RegExp(`^${beginning}`));
  });
});

describe('a code made void by a resend', () => {
  it('K13 is a wrong code that says since when the newest one is valid', async () => {
    const { otp } = createOtpClient({ baseUrl: service.baseUrl, apiKey: key() });
    const { session } = await otp.send({ recipients: { sms: '+573001230077' } });
    const old = await deliveredCode(service, session!.id, 'sms');
    const first = await otp
      .verify({ sessionId: session!.id, code: old === '000000' ? '111111' : '000000' })
      .catch(readError);
    expect(first).toMatchObject({ reason: 'INVALID_CODE' });
    expect(first).not.toHaveProperty('newestCodeSentAt');
    service.clock.advance(31_000);
    const at = service.clock.now();
    await otp.resend({ sessionId: session!.id });
    const failure = await otp.verify({ sessionId: session!.id, code: old }).catch(readError);
    expect(failure).toMatchObject({ reason: 'INVALID_CODE' });
    const { newestCodeSentAt } = failure as { newestCodeSentAt: Date };
    expect(Math.abs(newestCodeSentAt.getTime() - at)).toBeLessThan(5_000);
    const seen = await otp.getSession({ sessionId: session!.id });
    expect(Number(seen.session!.channels[0]!.codeCreatedAt!.seconds)).toBe(
      Math.floor(newestCodeSentAt.getTime() / 1000),
    );
  });
});
