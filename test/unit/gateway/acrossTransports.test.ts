import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createOtpClient } from '../../../clients/node/index.js';
import { wrongCodes } from '../../promises/support/beneficiaryApi.js';
import { eventually } from '../../support/eventually.js';
import { apiKey, restClient } from '../../support/rest.js';
import { startService, type TestService } from '../../support/service.js';
import { deliveredCode } from '../../wire/support/delivered.js';
import { FIVE_CLIENTS } from '../../wire/support/fiveClients.js';
import { type Way, waysInto } from './support/ways.js';

const NAMES = [
  'beneficiary',
  'multichannel',
  'messaging',
  'grpc-js',
  'Connect-Web, Connect',
  'Connect-Web, gRPC-Web',
] as const;
/** The messaging document allows five attempts, the others three. */
const ATTEMPTS: Readonly<Record<string, number>> = { messaging: 5 };
const PAIRS = NAMES.flatMap((begun) => NAMES.map((finished) => ({ begun, finished })));

let service: TestService;
let ways: readonly Way[];
beforeAll(async () => {
  service = await startService();
  ways = waysInto(service);
  expect(ways.map(({ name }) => name)).toEqual(NAMES);
});
// All use one key, and the beneficiary document allows it fifty calls a minute.
beforeEach(() => service.clock.advance(60_000));
afterAll(async () => {
  for (const way of ways) way.close?.();
  await service.stop();
});

const wayNamed = (name: string) => ways.find((way) => way.name === name)!;
const attemptsOf = (name: string) => ATTEMPTS[name] ?? 3;
const code = (sessionId: string) => deliveredCode(service, sessionId, 'sms');

/** Shows that all transports that show the status show the same one. */
async function expectSeen(sessionId: string, seen: { status: string; attempts: number }): Promise<void> {
  for (const way of ways) {
    if (way.inspect)
      expect({ by: way.name, ...(await way.inspect(sessionId)) }).toEqual({ by: way.name, ...seen });
  }
}

describe.each(PAIRS)('a session begun over $begun', ({ begun, finished }) => {
  it(`is inspected, and finished over ${finished} with the attempts that are left`, async () => {
    const [from, to] = [wayNamed(begun), wayNamed(finished)];
    const attempts = attemptsOf(begun);
    const id = await from.begin();
    await expectSeen(id, { status: 'PENDING', attempts });
    const right = await code(id);
    const [one, two] = wrongCodes(right, 2) as [string, string];
    expect(await from.check(id, one)).toEqual({ outcome: 'INVALID_CODE' });
    expect(await to.check(id, two)).toEqual({ outcome: 'INVALID_CODE' });
    await expectSeen(id, { status: 'PENDING', attempts: attempts - 2 });
    expect((await to.check(id, right)).outcome).toBe('APPROVED');
    await expectSeen(id, { status: 'APPROVED', attempts: attempts - 2 });
    for (const way of ways) expect((await way.check(id, right)).outcome).toBe('ALREADY_VERIFIED');
  });

  it(`is locked by guesses over it and over ${finished} together`, async () => {
    const pair = [wayNamed(begun), wayNamed(finished)] as const;
    const attempts = attemptsOf(begun);
    const id = await pair[0].begin();
    const right = await code(id);
    for (const [n, wrong] of wrongCodes(right, attempts).entries()) {
      expect(await pair[n % 2]!.check(id, wrong)).toEqual({ outcome: 'INVALID_CODE' });
    }
    for (const way of ways) expect(await way.check(id, right)).toEqual({ outcome: 'ATTEMPTS_EXHAUSTED' });
    await expectSeen(id, { status: 'LOCKED', attempts: 0 });
  });
});

describe.each(NAMES.map((begun, nth) => ({ begun, nth })))(
  'a session begun over $begun',
  ({ begun, nth }) => {
    const from = () => wayNamed(begun);

    it('is sent a new code over any other, which all take, and the old one none, attempts as they were', async () => {
      for (const way of ways) {
        if (!way.resend) continue;
        const id = await from().begin();
        const old = await code(id);
        const [wrong] = wrongCodes(old, 1) as [string];
        expect(await from().check(id, wrong)).toEqual({ outcome: 'INVALID_CODE' });
        expect(await way.resend(id)).toBe('RESEND_TOO_SOON');
        service.clock.advance(30_000);
        expect(await way.resend(id)).toBe('OK');
        await expectSeen(id, { status: 'PENDING', attempts: attemptsOf(begun) - 1 });
        const fresh = await newer(id, old);
        expect(await from().check(id, old)).toEqual({ outcome: 'INVALID_CODE' });
        expect((await from().check(id, fresh)).outcome).toBe('APPROVED');
        service.clock.advance(60_000);
      }
    });

    it('is expired over all of them', async () => {
      const id = await from().begin();
      const right = await code(id);
      // The multi-channel document's sessions live ten minutes, all others five.
      service.clock.advance(600_000);
      for (const way of ways) expect(await way.check(id, right)).toEqual({ outcome: 'SESSION_EXPIRED' });
      await expectSeen(id, { status: 'EXPIRED', attempts: attemptsOf(begun) });
    });

    it('is cancelled over all of them', async () => {
      const id = await from().begin();
      const right = await code(id);
      const { otp, close } = createOtpClient({ baseUrl: service.baseUrl, apiKey: service.liveKey });
      await otp.cancelSession({ sessionId: id });
      close();
      for (const way of ways) {
        const { outcome } = await way.check(id, right);
        // The messaging document has no word for it, and what is cancelled has ended.
        expect(outcome).toBe(way.name === 'messaging' ? 'SESSION_EXPIRED' : 'SESSION_CANCELED');
      }
    });

    it('is proved by a token of any way, which is redeemed over any other, once', async () => {
      const redeemers = ways.filter(({ redeem }) => redeem);
      const finishers = ways.filter(({ name }) => name !== 'messaging');
      for (const [n, finisher] of finishers.entries()) {
        const id = await from().begin();
        const { token } = await finisher.check(id, await code(id));
        expect(token).toMatch(/^otvt_/);
        // Over all beginnings, every way redeems what every other has finished.
        const redeemer = redeemers[(n + nth) % redeemers.length]!;
        expect(await redeemer.redeem!(token!, id)).toBe('OK');
        for (const again of redeemers) expect(await again.redeem!(token!, id)).toBe('TOKEN_REDEEMED');
      }
    });
  },
);

it('a session begun over REST is seen and finished by a browser with its session token alone', async () => {
  const api = restClient(service.baseUrl, apiKey(service.liveKey));
  const opened = await api.post('/api/v1/otp/send', {
    recipients: { email: 'browser@example.com' },
    metadata: { note: 'for the backend alone' },
  });
  const { session_id: id, session_token: token } = opened.body;
  for (const { name, connect } of FIVE_CLIENTS.filter((one) => one.name.startsWith('Connect-Web'))) {
    const { otp, close } = connect(service.baseUrl, token);
    const { session } = await otp.getSession({});
    expect({ name, id: session!.id, metadata: session!.metadata }).toEqual({ name, id, metadata: undefined });
    close();
  }
  const { otp } = FIVE_CLIENTS.at(-1)!.connect(service.baseUrl, token);
  const { verificationToken } = await otp.verify({ code: await deliveredCode(service, id) });
  expect(verificationToken).toMatch(/^otvt_/);
  expect((await api.get(`/api/v1/otp/sessions/${id}`)).body.status).toBe('APPROVED');
});

/** The code that was sent after this one. */
const newer = (sessionId: string, old: string): Promise<string> =>
  eventually(async () => {
    const newest = await code(sessionId);
    return newest !== old && newest;
  });
