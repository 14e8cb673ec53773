import { randomBytes } from 'node:crypto';
import { beforeEach, describe, expect, it } from 'vitest';
import { twilioReceipts } from '../../../../server/delivery/vendors/twilio/receipts.js';
import { LIMITS } from '../../../../server/http/limits.js';
import { onEmbedded, type TestStore } from '../../../support/engines.js';
import { parseExposition } from '../../../support/prometheus.js';
import { PUBLIC_URL, REPORTERS, type Reporter, whatsappBatch } from '../support/callbacks/reporters.js';
import { type Reporting, startReporting } from '../support/callbacks/reporting.js';

const TOLERANCE_MS = 5 * 60_000;

onEmbedded((engine) => {
  let store: TestStore;
  beforeEach(async () => {
    store = await engine.newStore();
  });

  const counted = async ({ service }: Reporting, name: string, labels: Record<string, string>) => {
    const text = await (await fetch(`${service.baseUrl}/metrics`)).text();
    const { series } = parseExposition(text).get(name)!;
    const found = series.find((one) =>
      Object.entries(labels).every(([key, value]) => one.labels[key] === value),
    );
    return found?.value ?? 0;
  };
  const refusal = async (response: Response) => [response.status, (await response.json()).code];

  /** That this is refused, reported like any other refusal, and never reaches the store. */
  async function expectRefused(at: Reporting, post: () => Promise<Response>) {
    const before = at.operations();
    const response = await post();
    expect([response.status, await response.json()]).toEqual([
      401,
      { code: 'UNAUTHENTICATED', message: 'The signature is missing, wrong or too old.' },
    ]);
    expect(response.headers.get('www-authenticate')).toBe('Signature realm="callbacks"');
    expect(at.operations()).toBe(before);
    const line = at.service.logged().trim().split('\n').at(-1)!;
    expect(JSON.parse(line)).toMatchObject({
      msg: 'refused',
      reason: 'UNAUTHENTICATED',
      requestId: response.headers.get('x-request-id'),
    });
  }

  describe.each(REPORTERS)('$provider', (reporter) => {
    const delivered = (id: string) => reporter.report(id, reporter.delivered[0]!);
    const failed = (id: string) => reporter.report(id, reporter.failed[0]![0]);
    const otherSecret = () =>
      reporter.name === 'webhook' ? `whsec_${randomBytes(24).toString('base64')}` : 'another secret';

    it('is not believed with another secret, another body, half a signature or none', async () => {
      const at = await startReporting(store, reporter);
      const { session, id } = await at.sent();
      const body = failed(id);
      await expectRefused(at, () => at.post(body, { secret: otherSecret() }));
      await expectRefused(at, () => at.post(delivered(id), { body }));
      await expectRefused(at, () => at.post(body, { body: `${body} ` }));
      const signed = reporter.sign({
        body,
        secret: reporter.secret,
        at: at.clock.now(),
        address: `${PUBLIC_URL}/callbacks/${reporter.name}`,
      });
      for (const [name, value] of Object.entries(signed)) {
        if (name === 'webhook-id' || name === 'webhook-timestamp') continue;
        await expectRefused(at, () => at.post(body, { headers: { [name]: '' } }));
        await expectRefused(at, () => at.post(body, { headers: { [name]: value.slice(0, -4) } }));
        await expectRefused(at, () => at.post(body, { headers: { [name]: 'x'.repeat(8_000) } }));
      }
      const bare = { method: 'POST', headers: { 'content-type': reporter.mediaType }, body };
      await expectRefused(at, () => fetch(`${at.service.baseUrl}/callbacks/${reporter.name}`, bare));
      expect((await at.delivery(session)).state).toBe('ACCEPTED');
      const refused = await counted(at, 'countersign_refused_requests_total', { reason: 'UNAUTHENTICATED' });
      expect(refused).toBeGreaterThan(6);
      expect((await at.post(delivered(id))).status).toBe(200);
      expect((await at.delivery(session)).state).toBe('DELIVERED');
    });

    it('is not believed with the signature of another vendor', async () => {
      const at = await startReporting(store, reporter);
      const { id } = await at.sent();
      const body = delivered(id);
      const address = `${PUBLIC_URL}/callbacks/${reporter.name}`;
      for (const other of REPORTERS.filter(({ name }) => name !== reporter.name)) {
        const secret = other.name === 'webhook' ? other.secret : reporter.secret;
        const headers = {
          'content-type': reporter.mediaType,
          ...other.sign({ body, secret, at: at.clock.now(), address }),
        };
        await expectRefused(at, () =>
          fetch(`${at.service.baseUrl}/callbacks/${reporter.name}`, { method: 'POST', headers, body }),
        );
      }
    });

    it('may say the same again, which changes nothing', async () => {
      const at = await startReporting(store, reporter);
      const { session, id } = await at.sent();
      const body = delivered(id);
      const signed = { at: at.clock.now() };
      expect((await at.post(body, signed)).status).toBe(200);
      const once = await at.stored(session);
      expect((await at.post(body, signed)).status).toBe(200);
      expect(await at.stored(session)).toEqual(once);
      expect(
        await counted(at, 'countersign_delivery_reports_total', {
          provider: reporter.provider,
          outcome: 'unchanged',
        }),
      ).toBe(1);
    });

    if (reporter.timed)
      it('is not believed any more after five minutes, nor that long before', async () => {
        const at = await startReporting(store, reporter);
        const { id } = await at.sent();
        const body = delivered(id);
        const now = at.clock.now();
        await expectRefused(at, () => at.post(body, { at: now - TOLERANCE_MS - 1_000 }));
        await expectRefused(at, () => at.post(body, { at: now + TOLERANCE_MS + 1_000 }));
        expect((await at.post(body, { at: now - TOLERANCE_MS })).status).toBe(200);
        expect((await at.post(body, { at: now + TOLERANCE_MS })).status).toBe(200);
      });

    it('may be as long as the limit and not one byte longer', async () => {
      const at = await startReporting(store, reporter);
      const { session, id } = await at.sent();
      const limit = reporter.name === 'whatsapp' ? LIMITS.batchBytes.default : LIMITS.bodyBytes.default;
      const padded = (bytes: number) =>
        reporter.name === 'twilio'
          ? `${delivered(id)}&Z=`.padEnd(bytes, 'z')
          : delivered(id).padEnd(bytes, ' ');
      expect(await refusal(await at.post(padded(limit + 1)))).toEqual([413, 'BODY_TOO_LARGE']);
      expect((await at.delivery(session)).state).toBe('ACCEPTED');
      expect((await at.post(padded(limit))).status).toBe(200);
      expect((await at.delivery(session)).state).toBe('DELIVERED');
    });

    it('names what is wrong with a method, a media type and a body', async () => {
      const at = await startReporting(store, reporter);
      const put = await fetch(`${at.service.baseUrl}/callbacks/${reporter.name}`, { method: 'PUT' });
      expect(await refusal(put)).toEqual([405, 'METHOD_NOT_ALLOWED']);
      const asText = { headers: { 'content-type': 'text/plain' } };
      expect(await refusal(await at.post('{}', asText))).toEqual([415, 'UNSUPPORTED_MEDIA_TYPE']);
      if (reporter.name === 'twilio') return;
      expect(await refusal(await at.post('{'))).toEqual([400, 'INVALID_REQUEST']);
      expect(await refusal(await at.post('[]'))).toEqual([400, 'INVALID_REQUEST']);
    });
  });

  const of = (wanted: string): Reporter => REPORTERS.find(({ name }) => name === wanted)!;

  describe('Twilio’s signature', () => {
    it('is for one address', async () => {
      const at = await startReporting(store, of('twilio'));
      const { id } = await at.sent();
      const body = of('twilio').report(id, 'delivered');
      const path = '/callbacks/twilio';
      await expectRefused(at, () => at.post(body, { address: `https://otp.example.com${path}` }));
      await expectRefused(at, () => at.post(body, { address: `${at.service.baseUrl}${path}` }));
      await expectRefused(at, () => at.post(body, { query: '?a=1', address: PUBLIC_URL + path }));
      expect((await at.post(body, { query: '?a=1' })).status).toBe(200);
    });

    it.each([
      'https://otp.example.com',
      'https://otp.example.com:443',
      'https://otp.example.com:8443',
      'http://[::1]:80',
    ])('may be made with and without the port of %s', (publicUrl) => {
      const { isSigned } = twilioReceipts({ authToken: 'token' });
      const body = of('twilio').report('SM1', 'delivered');
      const signed = (address: string) =>
        isSigned({
          body,
          url: `${publicUrl}/callbacks/twilio`,
          headers: of('twilio').sign({ body, secret: 'token', at: 0, address }),
        });
      const bare = publicUrl.replace(/:\d+$/, '');
      expect(signed(`${publicUrl}/callbacks/twilio`)).toBe(true);
      expect(signed(`${bare}/callbacks/twilio`)).toBe(true);
      expect(signed(`${bare}:9/callbacks/twilio`)).toBe(false);
      expect(signed(`${publicUrl}/callbacks/vonage`)).toBe(false);
    });

    it('is the one that is well known for a well-known request', () => {
      const { isSigned } = twilioReceipts({ authToken: '12345' });
      const form = {
        CallSid: 'CA1234567890ABCDE',
        Caller: '+14158675309',
        Digits: '1234',
        From: '+14158675309',
        To: '+18005551212',
      };
      const callback = {
        url: 'https://mycompany.com/myapp.php?foo=1&bar=2',
        headers: { 'x-twilio-signature': 'RSOYDt4T1cUTdK1PDd93/VVr8B8=' },
      };
      expect(isSigned({ ...callback, body: new URLSearchParams(form).toString() })).toBe(true);
      expect(
        isSigned({ ...callback, body: new URLSearchParams({ ...form, Digits: '1235' }).toString() }),
      ).toBe(false);
    });
  });

  describe('Vonage’s token', () => {
    const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');

    it('without an algorithm is none', async () => {
      const at = await startReporting(store, of('vonage'));
      const body = of('vonage').report('an id', 'delivered');
      const { authorization } = of('vonage').sign({
        body,
        secret: of('vonage').secret,
        at: at.clock.now(),
        address: '',
      });
      const claims = authorization!.split('.')[1];
      const headers = { authorization: `Bearer ${encode({ alg: 'none', typ: 'JWT' })}.${claims}.` };
      await expectRefused(at, () => at.post(body, { headers }));
    });
  });

  describe('Meta’s question whether the address is ours', () => {
    const TOKEN = 'words that only Meta knows';
    const ask = async (at: Reporting, changes: Readonly<Record<string, string>>) => {
      const query = new URLSearchParams({
        'hub.mode': 'subscribe',
        'hub.verify_token': TOKEN,
        'hub.challenge': '1158201444',
        ...changes,
      });
      return fetch(`${at.service.baseUrl}/callbacks/whatsapp?${query}`);
    };

    it('gets its challenge back, as plain text', async () => {
      const at = await startReporting(store, of('whatsapp'), { OTP_WHATSAPP_VERIFY_TOKEN: TOKEN });
      const response = await ask(at, {});
      expect([response.status, await response.text()]).toEqual([200, '1158201444']);
      expect(response.headers.get('content-type')).toBe('text/plain; charset=utf-8');
      expect(response.headers.get('x-content-type-options')).toBe('nosniff');
    });

    it.each([
      { 'hub.verify_token': 'other words' },
      { 'hub.verify_token': '' },
      { 'hub.mode': 'unsubscribe' },
      { 'hub.challenge': '<script>' },
      { 'hub.challenge': '1'.repeat(129) },
    ])('is refused to strangers: %j', async (changes) => {
      const at = await startReporting(store, of('whatsapp'), { OTP_WHATSAPP_VERIFY_TOKEN: TOKEN });
      await expectRefused(at, () => ask(at, changes));
      expect(at.service.logged()).not.toContain(TOKEN);
      expect((await ask(at, { 'hub.challenge': '1'.repeat(128) })).status).toBe(200);
    });

    it('is not heard where no verify token is set', async () => {
      const at = await startReporting(store, of('whatsapp'));
      expect(await refusal(await ask(at, { 'hub.verify_token': '' }))).toEqual([405, 'METHOD_NOT_ALLOWED']);
    });
  });

  describe('a signed callback', () => {
    it('with many reports has each of ours stored and the rest ignored', async () => {
      const at = await startReporting(store, of('whatsapp'));
      const [first, second] = [await at.sent(), await at.sent()];
      const batch = whatsappBatch([
        null,
        'text',
        { status: 'delivered' },
        { id: first.id, status: 'sent' },
        { id: first.id, status: 'delivered' },
        { id: first.id, status: 'read' },
        { id: second.id, status: 'failed', errors: [{ code: 131026 }] },
      ]);
      expect((await at.post(batch)).status).toBe(200);
      expect(await at.delivery(first.session)).toMatchObject({ state: 'DELIVERED' });
      expect(await at.delivery(second.session)).toMatchObject({ state: 'FAILED', error: 'WRONG_RECIPIENT' });
    });

    it.each(['{}', '{"entry":1}', '{"entry":[{"changes":[{}]},{"changes":[{"value":{"statuses":{}}}]}]}'])(
      'without a report in it is taken: %s',
      async (body) => {
        const at = await startReporting(store, of('whatsapp'));
        expect((await at.post(body)).status).toBe(200);
      },
    );

    it.each([
      [{ status: 'delivered' }, 'id is required'],
      [{ id: '', status: 'delivered' }, 'id must not be empty'],
      [{ id: 'x'.repeat(513), status: 'delivered' }, 'id must be at most 512 characters long'],
      [{ id: 'x', status: 'sent' }, 'status must be one of delivered, failed'],
      [{ id: 'x', status: 'failed', error: 'OTHER' }, 'error must be one of WRONG_RECIPIENT'],
    ])('of one’s own service names the field that is wrong: %j', async (report, message) => {
      const at = await startReporting(store, of('webhook'));
      const response = await at.post(JSON.stringify(report));
      expect(response.status).toBe(400);
      expect(await response.json()).toEqual({
        code: 'INVALID_REQUEST',
        message: expect.stringContaining(message),
      });
    });
  });
});
