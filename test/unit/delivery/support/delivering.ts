import { randomBytes } from 'node:crypto';
import { expect, onTestFinished } from 'vitest';
import { CHANNELS, type ChannelName } from '../../../../server/domain/channels.js';
import type { StoredSession } from '../../../../server/session/stored.js';
import type { StoredDelivery } from '../../../../server/session/storedDelivery.js';
import type { Documents } from '../../../../server/store/documents.js';
import { connectJson } from '../../../support/connectJson.js';
import type { TestStore } from '../../../support/engines.js';
import { eventually } from '../../../support/eventually.js';
import { ManualClock } from '../../../support/manualClock.js';
import { startService, type TestService } from '../../../support/service.js';
import { type Around, wrapOperations } from '../../../support/wrapOperations.js';
import { type Scripted, scriptedProvider } from './scripted.js';

const KEY = `sk_otp_live_${randomBytes(24).toString('base64url')}`;
/** Processes that share a store share the keys that open it. */
const MASTER_KEYS = `1:${randomBytes(32).toString('base64')}`;

/** A whole service whose messages go to a provider in the test's hands. */
export interface Delivering {
  readonly service: TestService;
  readonly clock: ManualClock;
  readonly provider: Scripted;
  readonly call: ReturnType<typeof connectJson>;
  /** Opens a session and gives its id. */
  send(recipients: Readonly<Record<string, string>>, more?: object): Promise<string>;
  stored(sessionId: string): Promise<StoredSession>;
  delivery(sessionId: string, channel?: ChannelName): Promise<StoredDelivery>;
  /** The delivery of a channel once it has ended. */
  settled(sessionId: string, channel?: ChannelName): Promise<StoredDelivery>;
}

interface Options {
  readonly clock?: ManualClock;
  readonly timeoutMs?: number;
  /** What is done with each operation on the store. */
  readonly around?: Around;
  readonly env?: Readonly<Record<string, string>>;
}

/** Starts one more process on a store; it ends with the test. */
export async function startDelivering(store: TestStore, options: Options = {}): Promise<Delivering> {
  const { clock = new ManualClock(), timeoutMs, around, env } = options;
  const provider = scriptedProvider(clock, timeoutMs);
  const documents: Documents = await store.open({ clock });
  const email = provider.provider;
  const service = await startService({
    clock,
    documents: around ? wrapOperations(documents, around) : documents,
    env: { OTP_BOOTSTRAP_API_KEY: KEY, OTP_MASTER_KEYS: MASTER_KEYS, ...env },
    overrides: { providers: { email, sms: email, whatsapp: email } },
  });
  onTestFinished(async () => {
    await email.close();
    await service.stop();
  });
  const call = connectJson(service.baseUrl, KEY);
  const stored = async (sessionId: string) => {
    const session = await documents
      .collection<StoredSession>('sessions')
      .findOne({ _id: `default/${sessionId}` });
    return session!;
  };
  const delivery = async (sessionId: string, channel: ChannelName = 'email') =>
    (await stored(sessionId)).channels[channel]!.delivery;
  return {
    service,
    clock,
    provider,
    call,
    async send(recipients, more = {}) {
      const reply = await call('otp.v1.OtpService/Send', { recipients, ...more });
      expect(reply.status, JSON.stringify(reply.body)).toBe(200);
      return reply.body.session.id;
    },
    stored,
    delivery,
    settled: (sessionId, channel) =>
      eventually(async () => {
        const current = await delivery(sessionId, channel);
        return current.state !== 'QUEUED' && current;
      }),
  };
}

/** Lets time pass, a tenth of a second at a time, until there is what is looked for. */
export const passing = <T>(clock: ManualClock, look: () => T | undefined | false): Promise<T> =>
  eventually(() => {
    const seen = look();
    if (seen === undefined || seen === false) clock.advance(100);
    return seen;
  });

let people = 0;

/** A new recipient for each channel. */
export const newRecipients = (...channels: readonly ChannelName[]): Record<string, string> =>
  Object.fromEntries(
    CHANNELS.filter((channel) => channels.includes(channel)).map((channel) => [
      channel,
      channel === 'email' ? `reader.${++people}@example.com` : `+57301${1_000_000 + ++people}`,
    ]),
  );
