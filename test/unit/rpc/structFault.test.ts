import { describe, expect, it } from 'vitest';
import { connectJson } from '../../support/connectJson.js';
import { serviceForSuite } from '../../support/serviceForSuite.js';

const service = serviceForSuite({ env: { OTP_HASH: 'hmac' } });
let people = 0;
/** A Send as a JSON text of the test's own: JSON.stringify would round. */
const send = async (metadata: string, headers: Record<string, string> = {}, compressed = false) => {
  const text = `{"recipients": {"email": "s${++people}@example.com"}, "metadata": ${metadata}}`;
  const response = await fetch(`${service.baseUrl}/otp.v1.OtpService/Send`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      authorization: `Bearer ${service.liveKey}`,
      ...(compressed && { 'content-encoding': 'gzip' }),
      ...headers,
    },
    body: compressed ? await gzip(text) : text,
  });
  // biome-ignore lint/suspicious/noExplicitAny: the tests read what they expect.
  return { status: response.status, body: (await response.json()) as any };
};
const gzip = (text: string) =>
  new Response(new Blob([text]).stream().pipeThrough(new CompressionStream('gzip'))).arrayBuffer();

describe('metadata of a native call in JSON', () => {
  it.each([
    '{"user_id":1546130668394913822}',
    '{"a":[{"n":9007199254740993}]}',
    '{"price":0.10000000000000000555}',
    '{"huge":1e400}',
    '{"tiny":1e-400}',
    '{"__proto__":{"admin":true}}',
    '{"a":{"\\u005f_proto__":1}}',
  ])('K5 is refused by name where it could not be kept as it was sent: %s', async (metadata) => {
    for (const [headers, compressed] of [
      [{}, false],
      [{ 'connect-protocol-version': '1' }, false],
      [{}, true],
    ] as const) {
      const { status, body } = await send(metadata, headers, compressed);
      expect(status).toBe(400);
      expect(JSON.stringify(body)).toContain('metadata must');
      expect(JSON.stringify(body)).not.toMatch(/15461306|90071992|555/);
    }
  });

  it.each([
    '{"n":9007199254740991,"m":-9007199254740992,"double":9007199254740994}',
    '{"a":0.1,"b":1.50,"c":15e-1,"d":1E30,"e":-0,"f":0.000}',
    '{"text":"1546130668394913822 __proto__","constructor":{"prototype":1}}',
  ])('K5 comes back as it was sent: %s', async (metadata) => {
    const { status, body } = await send(metadata);
    expect(status).toBe(200);
    const call = connectJson(service.baseUrl, service.liveKey);
    const found = await call('otp.v1.OtpService/GetSession', { sessionId: body.session.id });
    expect(found.body.session.metadata).toEqual(JSON.parse(metadata.replace('-0', '0')));
  });
});
