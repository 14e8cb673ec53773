import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { connectJson } from './connectJson.js';
import { eventually } from './eventually.js';
import { ManualClock } from './manualClock.js';
import { seededRandom } from './seededRandom.js';
import type { TestService } from './service.js';

const HOUR_MS = 3_600_000;
/** Messages of each hour of the day, in UTC, of one third of the traffic. */
const SHAPE = [2, 2, 1, 1, 1, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 5, 4, 4, 5, 5, 5, 4, 3, 2];
const COUNTRIES = [
  { code: 'CO', number: '57300#######', weight: 4, approves: 84 },
  { code: 'MX', number: '5255########', weight: 2, approves: 66 },
  { code: 'BR', number: '5511987######', weight: 2, approves: 78 },
  { code: 'ES', number: '346########', weight: 1, approves: 90 },
  { code: 'PE', number: '519########', weight: 1, approves: 58 },
] as const;
const PURPOSES = ['login', 'login', 'login', 'payment', 'signup'];
const NAMES = ['ana', 'luis', 'sofia', 'joao', 'marta', 'diego', 'elena'];

/** A clock that a day is seeded with and that then goes on with the time of the machine. */
export interface DayClock extends ManualClock {
  follow(): void;
  stop(): void;
}

/** A day of traffic before now, for tests and pictures of the console. */
export interface Day {
  readonly clock: DayClock;
  /** Settings of a service whose text messages the day's vendor takes. */
  readonly env: Readonly<Record<string, string>>;
  /** Sends and verifies through the day; ends at the present time. */
  seed(service: TestService<ManualClock>): Promise<void>;
  /** The code last sent to a phone, once it was sent. */
  codeOf(phone: string): Promise<string>;
  /** The vendor refuses every message from now on, or takes them again. */
  refuseAll(isOn: boolean): void;
  close(): Promise<void>;
}

class FollowingClock extends ManualClock implements DayClock {
  #timer: ReturnType<typeof setInterval> | undefined;

  follow(): void {
    let last = Date.now();
    this.#timer = setInterval(() => {
      const now = Date.now();
      this.advance(Math.max(0, now - last));
      last = now;
    }, 20);
    this.#timer.unref();
  }

  stop(): void {
    clearInterval(this.#timer);
  }
}

/** `hours` back from now; `busy` multiplies the traffic. */
export async function startDay({ hours = 22, busy = 1 } = {}): Promise<Day> {
  const clock = new FollowingClock(Date.now() - hours * HOUR_MS);
  const vendor = await startVendor();
  const random = seededRandom('day');
  const pick = <T>(list: readonly T[]): T => list[random.int(list.length)] as T;
  const digits = (pattern: string) => pattern.replaceAll('#', () => String(random.int(10)));
  const weighted = COUNTRIES.flatMap((country) => Array<typeof country>(country.weight).fill(country));

  async function one(service: TestService<ManualClock>, call: ReturnType<typeof connectJson>): Promise<void> {
    const country = pick(weighted);
    const channel = pick(['sms', 'sms', 'sms', 'whatsapp', 'whatsapp', 'email'] as const);
    const name = `${pick(NAMES)}${100 + random.int(900)}@${pick(['example.com', 'mail.example'])}`;
    const to = channel === 'email' ? name : `+${digits(country.number)}`;
    const both = channel === 'sms' && random.int(8) === 0;
    const { body } = await call('otp.v1.OtpService/Send', {
      recipients: { [channel]: to, ...(both && { email: name }) },
      purpose: pick(PURPOSES),
      metadata: { user_id: `u_${1000 + random.int(9000)}` },
    });
    if (!body.session) return;
    const sessionId: string = body.session.id;
    const verify = (code: string, as: string = channel) =>
      call('otp.v1.OtpService/Verify', { sessionId, ...(both ? { codes: { [as]: code } } : { code }) });
    // Time stands still until the message has arrived: a provider would seem to be slow.
    let looks = 0;
    const code = await eventually(async () => {
      // What a resting provider has queued is not waited for.
      if (looks++ > 40 || vendor.lost.has(to)) return 'lost';
      if (channel === 'sms') return vendor.codes.get(to);
      const found = (await service.inbox()).find((message) => message.session_id === sessionId);
      return /\b\d{6}\b/.exec(found?.text ?? '')?.[0];
    });
    const fate = random.int(100);
    clock.advance(4_000 + random.int(20_000));
    if (fate < country.approves) {
      if (code === 'lost') return;
      if (random.int(6) === 0) await verify('000000');
      await verify(code);
    } else if (fate < country.approves + 6) {
      for (let tries = 0; tries < 3; tries++) await verify('111111');
    } else if (fate < country.approves + 9) {
      await call('otp.v1.OtpService/CancelSession', { sessionId });
    } else if (fate < country.approves + 12) {
      clock.advance(31_000);
      await call('otp.v1.OtpService/Resend', { sessionId });
    }
  }

  return {
    clock,
    env: {
      OTP_TWILIO_URL: vendor.url,
      OTP_TWILIO_ACCOUNT_SID: `AC${'0a'.repeat(16)}`,
      OTP_TWILIO_AUTH_TOKEN: 'token-of-a-day',
      OTP_TWILIO_FROM: '+15005550006',
    },
    async seed(service) {
      const call = connectJson(service.baseUrl, service.liveKey);
      const guard = { countryBlock: ['GB'] };
      await call('otp.admin.v1.GuardService/UpdateGuard', { guard, updateMask: 'countryBlock' });
      const end = clock.now() + hours * HOUR_MS;
      for (let hour = 0; hour < hours; hour++) {
        const hourEnd = end - (hours - hour - 1) * HOUR_MS;
        const messages = Math.round((SHAPE[new Date(clock.now()).getUTCHours()] ?? 1) * busy);
        for (let n = 0; n < messages; n++) {
          const left = hourEnd - clock.now();
          // The last ones are shortly before now, so that some sessions are still open.
          const isLast = hour === hours - 1 && n > messages / 2;
          if (isLast && left > 120_000) clock.advance(left - 110_000);
          await one(service, call);
          if (random.int(14) === 0) {
            const sms = `+447400${digits('######')}`;
            await call('otp.v1.OtpService/Send', { recipients: { sms } });
          }
          if (hour < hours - 1) clock.advance(Math.max(0, (hourEnd - clock.now()) / (messages - n + 1)));
        }
        clock.advance(Math.max(0, hourEnd - clock.now()));
      }
      clock.follow();
    },
    codeOf: (phone) => eventually(() => vendor.codes.get(phone)),
    refuseAll(isOn) {
      vendor.refuses = isOn;
    },
    async close() {
      clock.stop();
      await vendor.close();
    },
  };
}

/** A vendor that takes text messages as Twilio does; of those to Peru it refuses some. */
async function startVendor() {
  const codes = new Map<string, string>();
  const lost = new Set<string>();
  const state = { refuses: false };
  let count = 0;
  const server: Server = createServer(async (req, res) => {
    const form = new URLSearchParams(await text(req));
    const to = form.get('To') ?? '';
    const isRefused = state.refuses || (to.startsWith('+51') && ++count % 4 === 0);
    const code = /\b\d{4,8}\b/.exec(form.get('Body') ?? '')?.[0];
    if (isRefused) lost.add(to);
    else if (code) codes.set(to, code);
    res.writeHead(isRefused ? 400 : 201, { 'content-type': 'application/json' });
    res.end(
      JSON.stringify(
        isRefused
          ? { code: 21408, message: 'Permission to send an SMS has not been enabled for the region' }
          : { sid: `SM${String(++count).padStart(32, '0')}`, status: 'queued' },
      ),
    );
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const { port } = server.address() as AddressInfo;
  return Object.assign(state, {
    url: `http://127.0.0.1:${port}`,
    codes,
    lost,
    close: () =>
      new Promise<void>((done) => {
        server.closeAllConnections();
        server.close(() => done());
      }),
  });
}
