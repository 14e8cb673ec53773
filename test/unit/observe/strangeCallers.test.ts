import { fc } from '@fast-check/vitest';
import { expect, it } from 'vitest';
import { serviceForSuite } from '../../support/serviceForSuite.js';

/** In everything that a caller makes up here. */
const MARK = 'zq7';

const service = serviceForSuite();

const word = fc.stringMatching(/^[A-Za-z0-9._-]{1,12}$/).map((text) => `${MARK}${text}`);
const path = fc.oneof(
  word.map((method) => `/otp.v1.OtpService/${method}`),
  word.map((name) => `/otp.v1.${name}/Send`),
  word.map((name) => `/v1/otp/${name}`),
  word.map((name) => `/v1/sponsors/${name}/configuration`),
  word.map((name) => `/api/v1/otp/sessions?recipient=${name}`),
  fc.constantFrom('/otp.v1.OtpService/Send', '/v1/otp/send', '/api/v1/otp/send', '/v1/oauth/token'),
);
const body = word.map((text) => ({
  recipients: { email: `${text}@example.com`, [text]: text },
  purpose: text,
  channels: [text],
  channel: text,
  sponsor_slug: text,
  client_id: text,
  requestId: text,
  metadata: { [text]: text },
}));
const headers = word.map((text) => ({
  'content-type': 'application/json',
  'user-agent': text,
  'x-request-id': text,
  traceparent: text,
}));
const method = fc.constantFrom('GET', 'POST', 'PUT', 'DELETE', 'PROPFIND');

it('nothing that callers write becomes the value of a label', async () => {
  const request = fc.tuple(method, path, body, headers, fc.boolean());
  for (const [verb, address, message, fields, known] of fc.sample(request, { numRuns: 300, seed: 6 })) {
    service.clock.advance(2_000);
    const response = await fetch(service.baseUrl + address, {
      method: verb,
      headers: { ...fields, ...(known && { authorization: `Bearer ${service.testKey}` }) },
      ...(verb !== 'GET' && { body: JSON.stringify(message) }),
    });
    await response.arrayBuffer();
  }
  const text = await (await fetch(`${service.baseUrl}/metrics`)).text();
  // They were counted, and called what the table calls them.
  expect(text).toMatch(/countersign_refused_requests_total\{reason="ROUTE_NOT_FOUND"} \d\d/);
  expect(text).toMatch(
    /countersign_calls_total\{method="GetSponsorConfiguration",transport="beneficiary",reason="OTP_NOT_ALLOWED"} \d/,
  );
  expect(text).not.toContain(MARK);
});
