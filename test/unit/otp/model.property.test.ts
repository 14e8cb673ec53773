import { timestampMs } from '@bufbuild/protobuf/wkt';
import { fc, test } from '@fast-check/vitest';
import { beforeAll, expect } from 'vitest';
import { CheckResult } from '../../../gen/otp/v1/otp_service_pb.js';
import { type Session, SessionStatus, Strategy } from '../../../gen/otp/v1/session_pb.js';
import { CHANNELS, type ChannelName, channelEnum, channelName } from '../../../server/domain/channels.js';
import type { Documents } from '../../../server/store/documents.js';
import { eachEngine } from '../../support/engines.js';
import {
  type Guess,
  type ModelConfig,
  type ModelOutcome,
  type ModelState,
  SessionModel,
} from './support/model.js';
import { createUseCases, newRecipients, type UseCases, wrong } from './support/useCases.js';

/** A moment of the session's life; time moves there, give or take a millisecond, where it is not past. */
type Moment = 'expiry' | 'cooldown' | 'last life' | 'token expiry' | 'limit';

type Step =
  | {
      readonly do: 'verify';
      readonly guesses: Partial<Record<ChannelName, Guess>>;
      readonly requestId: string;
    }
  | { readonly do: 'resend'; readonly named: readonly ChannelName[]; readonly requestId: string }
  | { readonly do: 'cancel' }
  | { readonly do: 'redeem'; readonly id: string; readonly requestId: string }
  | { readonly do: 'wait'; readonly ms: number }
  | { readonly do: 'wait until'; readonly moment: Moment; readonly off: number };

const channel = fc.constantFrom(...CHANNELS);
const guess = fc.oneof(
  { weight: 3, arbitrary: fc.constant<Guess>('right') },
  { weight: 3, arbitrary: fc.constantFrom<Guess>('old', 'wrong', 'short') },
);
const requestId = fc.oneof({ weight: 4, arbitrary: fc.constant('') }, fc.constantFrom('a', 'b'));
const guesses = fc
  .dictionary(channel, guess, { minKeys: 1, maxKeys: 3, noNullPrototype: true })
  .map((given) => given as Partial<Record<ChannelName, Guess>>);
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ do: fc.constant('verify' as const), guesses, requestId }) },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant('resend' as const),
      named: fc.oneof(fc.constant([]), fc.uniqueArray(channel, { minLength: 1, maxLength: 3 })),
      requestId,
    }),
  },
  { weight: 1, arbitrary: fc.constant<Step>({ do: 'cancel' }) },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constant('redeem' as const), id: fc.constantFrom('1', '2'), requestId }),
  },
  {
    weight: 3,
    arbitrary: fc.record({ do: fc.constant('wait' as const), ms: fc.constantFrom(0, 1, 30_000, 100_000) }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('wait until' as const),
      moment: fc.constantFrom<Moment>('expiry', 'cooldown', 'last life', 'token expiry', 'limit'),
      off: fc.constantFrom(-1, 0, 1),
    }),
  },
);
const config: fc.Arbitrary<ModelConfig> = fc
  .record({
    channels: fc.uniqueArray(channel, { minLength: 1, maxLength: 3 }),
    strategy: fc.constantFrom('ALL' as const, 'ANY' as const, 'SPECIFIC' as const),
    picked: fc.nat(),
    lifetime: fc.constantFrom(60_000, 300_000, 600_000),
    maxAttempts: fc.constantFrom(1, 3, 10),
  })
  .map(({ picked, channels, ...rest }) => ({
    ...rest,
    channels,
    required: rest.strategy === 'SPECIFIC' ? channels.slice(0, 1 + (picked % channels.length)) : [],
  }));

const fields = fc.tuple(
  fc.constantFrom('live' as const, 'test' as const),
  config,
  fc.array(step, { maxLength: 18, size: 'max' }),
);
const workspace = 'acme';

eachEngine((engine) => {
  let documents: Documents;
  beforeAll(async () => {
    documents = await engine.open();
  });

  test.prop([fields], { numRuns: engine.name === 'mongodb' ? 12 : Number(process.env.PROPERTY_RUNS ?? 150) })(
    'for all sequences of calls on a session, every outcome is the one the rules give',
    async ([mode, config, steps]) => {
      const service = createUseCases(documents);
      const life = await begin(service, mode, config);
      for (const step of steps) {
        await life.take(step);
        expect(await life.shown()).toEqual(life.model.state(service.clock.now()));
      }
    },
    60_000,
  );
});

/** Opens a session and walks through its life beside a model of it. */
async function begin(service: UseCases, mode: 'live' | 'test', config: ModelConfig) {
  const { clock } = service;
  const otp = service.as({ workspace, mode });
  const { session } = await otp.send({
    recipients: newRecipients(...config.channels),
    config: {
      lifetime: { seconds: BigInt(config.lifetime / 1000), nanos: 0 },
      maxAttempts: config.maxAttempts,
    },
    policy: { strategy: Strategy[config.strategy], channels: config.required.map(channelEnum) },
  });
  const model = new SessionModel(config, clock.now());
  const sessionId = session!.id;
  /** Every code of each channel, the newest last. */
  const known = new Map<ChannelName, string[]>();
  await learn();
  let token = '';

  async function learn(): Promise<void> {
    for (const [name, code] of Object.entries(await service.codes(workspace, sessionId))) {
      const codes = known.get(name as ChannelName) ?? [];
      if (codes.at(-1) !== code) known.set(name as ChannelName, [...codes, code]);
    }
  }

  function codeFor(name: ChannelName, guess: Guess): string {
    const codes = known.get(name) ?? ['123456'];
    const current = codes.at(-1)!;
    if (guess === 'right') return current;
    if (guess === 'short') return current.slice(1);
    const old = codes.at(-2);
    return guess === 'old' && old !== undefined && old !== current ? old : wrong(current);
  }

  async function waitUntil(moment: Moment, off: number): Promise<void> {
    const [firstSend] = [...model.sent.values()][0]!;
    const moments: Readonly<Record<Moment, number>> = {
      expiry: model.expiresAt,
      cooldown: model.resendAt,
      'last life': model.lastLife,
      'token expiry': (model.approvedAt ?? 0) + 600_000,
      limit: firstSend! + 300_000,
    };
    clock.advance(Math.max(0, moments[moment] + off - clock.now()));
  }

  return {
    model,

    async take(step: Step): Promise<void> {
      const now = clock.now();
      switch (step.do) {
        case 'wait':
          return clock.advance(step.ms);
        case 'wait until':
          return waitUntil(step.moment, step.off);
        case 'verify': {
          const { guesses, requestId } = step;
          const codes = Object.fromEntries(
            Object.entries(guesses).map(([name, guess]) => [name, codeFor(name as ChannelName, guess)]),
          );
          const request = JSON.stringify(Object.entries(codes).sort());
          const expected = model.verify(guesses, request, requestId, now);
          const actual = await outcomeOf(otp.verify({ sessionId, codes, requestId }));
          if (actual.message) {
            token = actual.message.verificationToken || token;
            const results = Object.fromEntries(
              actual.message.results.map(({ channel, result }) => [
                channelName(channel),
                nameIn(CheckResult, result),
              ]),
            );
            if (expected.results) expect(results).toEqual(expected.results);
            expect(actual.message.verificationToken !== '').toBe(model.approvedAt !== undefined);
          }
          return compare(actual, expected);
        }
        case 'resend': {
          const { named, requestId } = step;
          const expected = model.resend(named, requestId, now);
          compare(
            await outcomeOf(otp.resend({ sessionId, channels: named.map(channelEnum), requestId })),
            expected,
          );
          return learn();
        }
        case 'cancel':
          return compare(await outcomeOf(otp.cancelSession({ sessionId })), model.cancel(now));
        case 'redeem': {
          const { id, requestId } = step;
          const request = {
            verificationToken: token || `otvt_${'0'.repeat(58)}`,
            operation: { type: 'payment', id },
            requestId,
            acceptSandbox: true,
          };
          return compare(await outcomeOf(otp.redeem(request)), model.redeem(id, requestId, now));
        }
      }
    },

    async shown(): Promise<ModelState> {
      return stateOf((await otp.getSession({ sessionId })).session!);
    },
  };
}

interface Actual<T> {
  readonly message?: T;
  readonly reason: string;
  readonly attemptsRemaining?: number | undefined;
}

const outcomeOf = <T>(call: Promise<T>): Promise<Actual<T>> =>
  call.then(
    (message) => ({ message, reason: 'OK' }),
    (thrown: { reason?: string; details?: { attemptsRemaining?: number } }) => {
      if (!thrown.reason) throw thrown;
      return { reason: thrown.reason, attemptsRemaining: thrown.details?.attemptsRemaining };
    },
  );

function compare(actual: Actual<object>, expected: ModelOutcome): void {
  const { message, reason, attemptsRemaining } = actual;
  expect({ reason, attemptsRemaining }).toEqual({
    reason: expected.reason,
    attemptsRemaining: expected.attemptsRemaining,
  });
  if (message && 'session' in message && expected.state) {
    expect(stateOf(message.session as Session)).toEqual(expected.state);
  }
}

/** The name of a value of an enum. */
const nameIn = (names: Readonly<Record<string, number>>, value: number): string =>
  Object.keys(names).find((name) => names[name] === value)!;

function stateOf(session: Session): ModelState {
  return {
    status: nameIn(SessionStatus, session.status),
    attempts: session.attemptsRemaining,
    verified: session.channels.flatMap(({ channel, verified }) => (verified ? [channelName(channel)!] : [])),
    expiresAt: timestampMs(session.expiresAt!),
    resendAt: session.resendAvailableAt && timestampMs(session.resendAvailableAt),
  };
}
