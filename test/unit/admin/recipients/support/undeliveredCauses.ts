import { randomUUID } from 'node:crypto';
import type { Outcome } from '../../../../../server/delivery/provider.js';
import type { StoredSession } from '../../../../../server/session/stored.js';
import type { connectJson } from '../../../../support/connectJson.js';

export type Calls = ReturnType<typeof connectJson>;
export type Channel = 'sms' | 'email';

/** What a cause is injected with. */
export interface Person {
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

export interface Cause {
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
export const CAUSES: Readonly<Record<string, Cause>> = Object.fromEntries([
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
