import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Outcome, Provider } from '../../../../server/delivery/provider.js';
import type { StoredSession } from '../../../../server/session/stored.js';
import type { Documents } from '../../../../server/store/documents.js';
import { connectJson } from '../../../support/connectJson.js';
import { eachEngine } from '../../../support/engines.js';
import { eventually } from '../../../support/eventually.js';
import { startService, type TestService } from '../../../support/service.js';
import { newKey } from '../../../support/tenant.js';
import { CAUSES, type Calls, type Cause, type Channel, type Person } from './support/undeliveredCauses.js';

const DIAGNOSE = 'otp.admin.v1.RecipientService/DiagnoseRecipient';

const isDown = ([, { verdict }]: readonly [string, Cause]): number =>
  verdict === 'QUEUED_PROVIDER_DOWN' ? 1 : 0;

eachEngine((engine) => {
  let service: TestService;
  let documents: Documents;
  let call: Calls;
  let support: Calls;
  const responses = new Map<string, Outcome | 'nothing'>();
  const codes = new Map<string, string>();
  const silent: ((outcome: Outcome) => void)[] = [];
  const provider = (channel: Channel): Provider => ({
    name: `provider-${channel}`,
    channels: [channel],
    timeoutMs: 10_000,
    async send({ to, code }) {
      codes.set(to, code);
      const outcome = responses.get(to) ?? { kind: 'accepted', vendorId: randomUUID() };
      return outcome === 'nothing' ? new Promise<Outcome>((respond) => silent.push(respond)) : outcome;
    },
    close: async () => {},
  });

  beforeAll(async () => {
    documents = await engine.open();
    service = await startService({
      documents,
      overrides: { providers: { sms: provider('sms'), email: provider('email') } },
    });
    call = connectJson(service.baseUrl, service.liveKey);
    support = connectJson(service.baseUrl, await newKey(service, 'default', ['support']));
  });
  afterAll(async () => {
    // Nothing that still waits may hold up the end.
    for (const respond of silent) respond({ kind: 'retry', error: 'TIMEOUT' });
    await service.stop();
  });

  let people = 0;
  function person(channel: Channel): Person {
    const number = String(1_000_000 + people++).padStart(7, '0');
    const address = channel === 'sms' ? `+57300${number}` : `person-${number}@example.com`;
    const sessions = documents.collection<StoredSession>('sessions');
    return {
      channel,
      address,
      call,
      responds: (outcome) => responses.set(address, outcome),
      async send(more = {}) {
        const { body, reason } = await call('otp.v1.OtpService/Send', {
          recipients: { [channel]: address },
          ...more,
        });
        return { id: body.session?.id ?? '', ...(reason && { reason }) };
      },
      code: () => codes.get(address)!,
      until: (id, is) =>
        eventually(async () => {
          const session = await sessions.findOne({ _id: `default/${id}` });
          return session && is(session);
        }),
      enter: (sessionId, code) => call('otp.v1.OtpService/Verify', { sessionId, code }),
      change: (id, $set) => sessions.findOneAndUpdate({ _id: `default/${id}` }, { $set }),
      advance: (ms) => service.clock.advance(ms),
      now: () => new Date(service.clock.now()),
    };
  }

  describe('the diagnosis of a person who got no code', () => {
    it('has a corpus of at least 60 causes', () => {
      expect(Object.keys(CAUSES).length).toBeGreaterThanOrEqual(60);
    });

    // Those of a provider that does not work come last: they open its breaker.
    it.each([...Object.entries(CAUSES)].sort((a, b) => isDown(a) - isDown(b)))(
      '%s',
      async (_name, { verdict, channel = 'sms', inject }) => {
        const one = person(channel);
        await inject(one);
        // A minute has 60 diagnoses of one key.
        if (people % 50 === 0)
          support = connectJson(service.baseUrl, await newKey(service, 'default', ['support']));
        const { body, status } = await support(DIAGNOSE, { recipient: one.address });
        expect(status, JSON.stringify(body)).toBe(200);
        expect(body.verdict, JSON.stringify(body, undefined, 1)).toBe(`VERDICT_${verdict}`);
        expect(body.sentence).toMatch(/\w/);
        for (const secret of [one.address, codes.get(one.address)].filter(Boolean)) {
          expect(JSON.stringify(body)).not.toContain(secret);
        }
      },
    );

    it('says of what cannot be an address that it is none', async () => {
      const { body } = await support(DIAGNOSE, { recipient: '12' });
      expect(body.verdict).toBe('VERDICT_INVALID_RECIPIENT');
    });

    it('is refused to a key that asks for more than 60 people a minute, and recorded', async () => {
      const asked = async () =>
        (await support(DIAGNOSE, { recipient: `${randomUUID()}@example.com` })).reason;
      const reasons = await Promise.all(Array.from({ length: 62 }, asked));
      expect(reasons).toContain('RATE_LIMITED');
      const { body } = await call('otp.admin.v1.AuditService/ListAuditEntries', { pageSize: 10 });
      expect(body.entries[0]).toMatchObject({
        method: DIAGNOSE,
        resource: expect.stringContaining('recipients/'),
      });
    });

    it('leaves no clear address and no code in the store', async () => {
      const stored = JSON.stringify([
        await documents.collection('sessions').find({}).toArray(),
        await documents.collection('refusalCounts').find({}).toArray(),
        await documents.collection('audit').find({}).toArray(),
      ]);
      expect(stored).not.toMatch(/\+57300\d{7}|person-\d+@example/);
    });
  });

  it('refusals are listed by recipient, reason and rule, with counts', async () => {
    const one = person('sms');
    for (let i = 0; i < 8; i++) await one.send();
    const { body } = await support('otp.admin.v1.RecipientService/ListRefusals', { recipient: one.address });
    expect(body.refusals).toMatchObject([
      { reason: 'RATE_LIMITED', rule: 'recipient-sends', count: '3', channel: 'CHANNEL_SMS', country: 'CO' },
    ]);
    const { fingerprint } = body.refusals[0];
    const list = async (more: object) =>
      (await support('otp.admin.v1.RecipientService/ListRefusals', { fingerprint, ...more })).body.refusals ??
      [];
    expect(await list({ rule: 'recipient-sends' })).toHaveLength(1);
    expect(await list({ rule: 'ip-sends' })).toHaveLength(0);
    expect(await list({ reason: 'SEND_REFUSED' })).toHaveLength(0);
    expect((await support('otp.admin.v1.RecipientService/ListRefusals', { workspace: '-' })).reason).toBe(
      'PERMISSION_DENIED',
    );
    const everywhere = await call('otp.admin.v1.RecipientService/ListRefusals', {
      workspace: '-',
      fingerprint,
    });
    expect(everywhere.body.refusals).toHaveLength(1);
  });
});
