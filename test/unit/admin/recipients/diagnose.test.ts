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

const DIAGNOSE = 'otp.admin.v1.RecipientService/DiagnoseRecipient';

type Calls = ReturnType<typeof connectJson>;
type Channel = 'sms' | 'email';

/** What a cause is injected with. */
interface Person {
  readonly channel: Channel;
  readonly address: string;
  readonly call: Calls;
  /** The provider responds so to every request for this address. */
  responds(outcome: Outcome | 'nothing'): void;
  send(more?: object): Promise<{ readonly id: string; readonly reason?: string }>;
  /** The newest code that was sent to the address. */
  code(): string;
  /** Waits until the message has this state, or an attempt is recorded. */
  until(id: string, is: (session: StoredSession) => unknown): Promise<unknown>;
  enter(id: string, code: string): Promise<unknown>;
  change(id: string, set: Record<string, unknown>): Promise<unknown>;
  advance(ms: number): void;
  now(): Date;
}

interface Cause {
  readonly verdict: string;
  readonly channel?: Channel;
  readonly inject: (person: Person) => Promise<unknown>;
}

const ended = (channel: Channel, states: readonly string[]) => (session: StoredSession) =>
  states.includes(session.channels[channel]?.delivery.state ?? '');
const accepted = async (person: Person, more?: object) => {
  const { id } = await person.send(more);
  await person.until(id, ended(person.channel, ['ACCEPTED']));
  return id;
};
const wrong = (code: string) => `${(Number(code[0]) + 1) % 10}${code.slice(1)}`;

const FINAL = {
  WRONG_RECIPIENT: 'WRONG_RECIPIENT',
  RECIPIENT_UNAVAILABLE: 'RECIPIENT_UNAVAILABLE',
  OPTED_OUT: 'OPTED_OUT',
  REFUSED: 'PROVIDER_REFUSED',
  MISCONFIGURED: 'PROVIDER_MISCONFIGURED',
  QUOTA_EXCEEDED: 'PROVIDER_MISCONFIGURED',
  TLS_FAILED: 'PROVIDER_MISCONFIGURED',
} as const;
const RETRIES = [
  'RATE_LIMITED',
  'UNREACHABLE',
  'TIMEOUT',
  'BAD_RESPONSE',
  'PROVIDER_FAULT',
  'HTTP_503',
  'SMTP_451',
] as const;
const CHANNELS: readonly Channel[] = ['sms', 'email'];

const reported = (state: 'DELIVERED' | 'FAILED', error?: string) => async (person: Person) => {
  const id = await accepted(person);
  const path = `channels.${person.channel}.delivery`;
  return person.change(id, { [`${path}.state`]: state, ...(error && { [`${path}.error`]: error }) });
};

/** Causes by name: what is done to a person, and what the diagnosis has to say first. */
const CAUSES: Readonly<Record<string, Cause>> = Object.fromEntries([
  ...CHANNELS.flatMap((channel): [string, Cause][] => [
    ...Object.entries(FINAL).map(([error, verdict]): [string, Cause] => [
      `${channel}: the provider says ${error}`,
      {
        verdict,
        channel,
        inject: async (person) => {
          person.responds({
            kind: 'failed',
            error: error as 'REFUSED',
            vendor: { code: '21408', text: 'no' },
          });
          const { id } = await person.send();
          return person.until(id, ended(channel, ['FAILED']));
        },
      },
    ]),
    ...RETRIES.map((error): [string, Cause] => [
      `${channel}: the provider says ${error} and the message waits`,
      {
        verdict: 'QUEUED_PROVIDER_DOWN',
        channel,
        inject: async (person) => {
          person.responds({ kind: 'retry', error });
          return person.send();
        },
      },
    ]),
    [
      `${channel}: greylisting`,
      {
        verdict: 'QUEUED_PROVIDER_DOWN',
        channel,
        inject: async (person) => {
          person.responds({ kind: 'retry', error: 'SMTP_450', aboutMessage: true });
          return person.send();
        },
      },
    ],
    [
      `${channel}: a provider that never responds`,
      {
        verdict: 'QUEUED_PROVIDER_DOWN',
        channel,
        inject: async (person) => {
          person.responds('nothing');
          return person.send();
        },
      },
    ],
    [
      `${channel}: accepted, no receipt`,
      { verdict: 'UNCONFIRMED', channel, inject: (person) => accepted(person) },
    ],
    [
      `${channel}: delivered, not entered`,
      { verdict: 'DELIVERED_NOT_ENTERED', channel, inject: reported('DELIVERED') },
    ],
    [
      `${channel}: a receipt without a reason`,
      { verdict: 'RECIPIENT_UNAVAILABLE', channel, inject: reported('FAILED', 'UNDELIVERED') },
    ],
    [
      `${channel}: a late receipt that the number does not exist`,
      { verdict: 'WRONG_RECIPIENT', channel, inject: reported('FAILED', 'WRONG_RECIPIENT') },
    ],
    [
      `${channel}: a receipt of an opt-out`,
      { verdict: 'OPTED_OUT', channel, inject: reported('FAILED', 'OPTED_OUT') },
    ],
    [
      `${channel}: a wrong code`,
      {
        verdict: 'WRONG_CODE_ENTERED',
        channel,
        inject: async (person) => person.enter(await accepted(person), wrong(person.code())),
      },
    ],
    [
      `${channel}: the code of the message before a resend`,
      {
        verdict: 'SUPERSEDED_CODE_LIKELY',
        channel,
        inject: async (person) => {
          const id = await accepted(person);
          const old = person.code();
          person.advance(31_000);
          await person.call('otp.v1.OtpService/Resend', { sessionId: id });
          await person.until(
            id,
            (session) => session.channels[channel]?.delivery.n === 2 && ended(channel, ['ACCEPTED'])(session),
          );
          return person.enter(id, old === person.code() ? wrong(old) : old);
        },
      },
    ],
    [
      `${channel}: three wrong codes`,
      {
        verdict: 'LOCKED',
        channel,
        inject: async (person) => {
          const id = await accepted(person);
          for (let i = 0; i < 3; i++) await person.enter(id, wrong(person.code()));
        },
      },
    ],
    [
      `${channel}: expired before entry`,
      {
        verdict: 'EXPIRED_BEFORE_ENTRY',
        channel,
        inject: async (person) => {
          const id = await accepted(person);
          await person.change(id, { expiresAt: person.now() });
        },
      },
    ],
    [
      `${channel}: cancelled`,
      {
        verdict: 'CANCELED',
        channel,
        inject: async (person) =>
          person.call('otp.v1.OtpService/CancelSession', { sessionId: await accepted(person) }),
      },
    ],
    [
      `${channel}: verified`,
      {
        verdict: 'VERIFIED_NOT_REDEEMED',
        channel,
        inject: async (person) => person.enter(await accepted(person), person.code()),
      },
    ],
    [
      `${channel}: verified and redeemed`,
      {
        verdict: 'VERIFIED',
        channel,
        inject: async (person) => {
          const id = await accepted(person);
          const { body } = await person.call('otp.v1.OtpService/Verify', {
            sessionId: id,
            code: person.code(),
          });
          const { verificationToken } = body;
          return person.call('otp.v1.VerificationTokenService/Redeem', {
            verificationToken,
            operation: { type: 'payment', id },
          });
        },
      },
    ],
    [
      `${channel}: too many sends`,
      {
        verdict: 'RATE_LIMITED',
        channel,
        inject: async (person) => {
          for (let i = 0; i < 6; i++) await person.send();
        },
      },
    ],
    [
      `${channel}: too many sends for the user`,
      {
        verdict: 'RATE_LIMITED',
        channel,
        inject: async (person) => {
          const metadata = { user_id: randomUUID() };
          const other = (i: number) => ({
            recipients: { email: `${randomUUID()}-${i}@example.com` },
            metadata,
          });
          for (let i = 0; i < 5; i++) await person.call('otp.v1.OtpService/Send', other(i));
          return person.send({ metadata });
        },
      },
    ],
    [
      `${channel}: a resend too soon`,
      {
        verdict: 'RATE_LIMITED',
        channel,
        inject: async (person) =>
          person.call('otp.v1.OtpService/Resend', { sessionId: await accepted(person) }),
      },
    ],
    [`${channel}: never asked`, { verdict: 'NOT_ASKED', channel, inject: async () => {} }],
  ]),
  [
    'sms: a country that the guard refuses',
    {
      verdict: 'GUARD_REFUSED',
      channel: 'sms' as const,
      inject: async (person: Person) => {
        const guard = { countryBlock: ['CO'] };
        const update = (updated: object) =>
          person.call('otp.admin.v1.GuardService/UpdateGuard', {
            guard: updated,
            updateMask: 'countryBlock',
          });
        await update(guard);
        await person.send();
        return update({});
      },
    },
  ],
  [
    'sms: an empty wallet',
    {
      verdict: 'INSUFFICIENT_BALANCE',
      channel: 'sms' as const,
      inject: async (person: Person) => {
        const update = (wallet: object, updateMask: string) =>
          person.call('otp.admin.v1.WalletService/UpdateWallet', { wallet, updateMask });
        await update(
          { enabled: true, currency: 'EUR', prices: { smsMicros: '1000000' } },
          'enabled,currency,prices',
        );
        await person.send();
        return update({ enabled: false }, 'enabled');
      },
    },
  ],
]);

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
