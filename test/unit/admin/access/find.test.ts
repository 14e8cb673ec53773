import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { idToOtp } from '../../../../server/domain/ids.js';
import { connectJson } from '../../../support/connectJson.js';
import { eachEngine } from '../../../support/engines.js';
import { eventually } from '../../../support/eventually.js';
import { startService, type TestService } from '../../../support/service.js';
import { keyOf, newKey } from '../../../support/tenant.js';
import { startWebhookReceiver } from '../../../support/webhookReceiver.js';
import { deliveredCode } from '../../../wire/support/delivered.js';

const FIND = 'otp.admin.v1.AccessService/Find';

eachEngine((engine) => {
  let service: TestService;
  let admin: ReturnType<typeof connectJson>;
  let operator: ReturnType<typeof connectJson>;
  const keys = new Map<string, ReturnType<typeof connectJson>>();
  const email = 'find.me@example.com';
  const own = {} as Record<'session' | 'token' | 'event' | 'key' | 'fingerprint', string>;

  const found = async (call: typeof admin, text: string, more = {}) => {
    const { status, body } = await call(FIND, { text, ...more });
    expect(status, JSON.stringify(body)).toBe(200);
    return ((body.results ?? []) as { type: string; id: string; workspace: string }[]).map(
      ({ type, id, workspace }) => `${type.slice('FIND_RESULT_TYPE_'.length)} ${id} ${workspace}`,
    );
  };

  beforeAll(async () => {
    service = await startService({ documents: await engine.open() });
    operator = connectJson(service.baseUrl, service.liveKey);
    admin = await keyOf(service, 'acme');
    for (const scope of ['sessions.read', 'support', 'analyst'])
      keys.set(scope, connectJson(service.baseUrl, await newKey(service, 'acme', [scope])));
    const receiver = await startWebhookReceiver();
    await admin('otp.admin.v1.WebhookService/CreateWebhookEndpoint', {
      webhookEndpoint: { url: receiver.url },
    });
    service.clock.advance(5_000);
    const sent = await admin('otp.v1.OtpService/Send', { recipients: { email }, requestId: 'order-4711' });
    own.session = sent.body.session.id;
    const code = await deliveredCode(service, own.session);
    const verified = await admin('otp.v1.OtpService/Verify', { sessionId: own.session, code });
    own.token = verified.body.verificationToken;
    own.event = await eventually(async () => {
      service.clock.advance(100);
      const [event] = await service.documents.collection<{ _id: string }>('events').find({}).toArray();
      return event?._id.split('/')[1];
    });
    await receiver.close();
    const listed = await admin('otp.admin.v1.ApiKeyService/ListApiKeys', {});
    own.key = listed.body.apiKeys[0].id;
    const read = await admin('otp.admin.v1.SessionService/GetSession', { sessionId: own.session });
    own.fingerprint = read.body.session.recipients[0].fingerprint;
  });
  afterAll(() => service.stop());

  describe('a text', () => {
    it('leads to what it refers to: an address, a session id, a token, a fingerprint, an event, a key, a request id', async () => {
      const session = `SESSION ${own.session} acme`;
      const recipient = `RECIPIENT ${own.fingerprint} acme`;
      expect(await found(admin, ' FIND.me@EXAMPLE.com'.trim())).toEqual([recipient]);
      expect(await found(admin, own.session)).toEqual([session]);
      expect(await found(admin, own.session.toUpperCase())).toEqual([session]);
      expect(await found(admin, idToOtp(own.session))).toEqual([session]);
      expect(await found(admin, own.token)).toEqual([session]);
      expect(await found(admin, own.token.slice(0, 31))).toEqual([session]);
      expect(await found(admin, own.fingerprint)).toEqual([recipient]);
      expect(await found(admin, own.event)).toEqual([`WEBHOOK_EVENT ${own.event} acme`]);
      expect(await found(admin, own.key)).toEqual([`API_KEY ${own.key} acme`]);
      expect(await found(admin, 'order-4711')).toEqual([session]);
      expect(await found(admin, 'nothing like it')).toEqual([]);
      const { body } = await admin(FIND, { text: email });
      expect(body.results[0].label).toContain('***');
      expect(JSON.stringify(body)).not.toContain(email);
    });

    it('leads a recipient that is not known to its page, which says so', async () => {
      const [result] = await found(admin, '+573009998877');
      expect(result).toMatch(/^RECIPIENT [\w-]{43} acme$/);
    });

    it('leads only to what the scopes of the caller open', async () => {
      const texts = [email, own.session, own.event, own.key];
      const kinds = async (scope: string) =>
        (await Promise.all(texts.map((text) => found(keys.get(scope)!, text)))).map(
          ([result]) => result?.split(' ')[0],
        );
      expect(await kinds('sessions.read')).toEqual([undefined, 'SESSION', undefined, undefined]);
      expect(await kinds('support')).toEqual(['RECIPIENT', 'SESSION', undefined, undefined]);
      expect(await kinds('analyst')).toEqual(['RECIPIENT', undefined, undefined, undefined]);
    });

    it('leads to nothing of another workspace, but for operators', async () => {
      const stranger = await keyOf(service, 'strange');
      for (const text of [own.session, own.token, own.fingerprint, own.event, own.key, 'order-4711'])
        expect(await found(stranger, text), text).toEqual([]);
      expect((await found(stranger, email))[0]).not.toContain(own.fingerprint);
      expect((await stranger(FIND, { text: own.session, workspace: '-' })).reason).toBe('PERMISSION_DENIED');
      for (const text of [own.session, email, own.event, own.key])
        expect((await found(operator, text, { workspace: '-' })).every((one) => one.endsWith(' acme'))).toBe(
          true,
        );
      expect(await found(operator, own.session, { workspace: '-' })).toEqual([`SESSION ${own.session} acme`]);
      expect(await found(operator, email, { workspace: '-' })).toEqual([`RECIPIENT ${own.fingerprint} acme`]);
    });

    it('that is an address is recorded by its fingerprint, and a key may ask for 60 people a minute', async () => {
      const { body } = await admin('otp.admin.v1.AuditService/ListAuditEntries', { pageSize: 100 });
      const text = JSON.stringify(body.entries.filter(({ method }: { method: string }) => method === FIND));
      expect(text).toContain(own.fingerprint);
      expect(JSON.stringify(body)).not.toContain(email);
      const support = connectJson(service.baseUrl, await newKey(service, 'acme', ['support']));
      const reasons: (string | undefined)[] = [];
      for (let i = 0; i < 61; i++)
        reasons.push((await support(FIND, { text: `person.${i}@example.com` })).reason);
      expect(reasons.slice(0, 60)).toEqual(Array(60).fill(undefined));
      expect(reasons[60]).toBe('RATE_LIMITED');
      expect((await support(FIND, { text: own.session })).status).toBe(200);
    });
  });
});
