import type { ChannelName } from '../../../../server/domain/channels.js';

/**
 * The rules of a session's life, written down a second time as plainly as they
 * can be: one session at a time, no store, no hashes, no concurrency. Times are
 * milliseconds.
 */
export interface ModelConfig {
  readonly channels: readonly ChannelName[];
  readonly strategy: 'ALL' | 'ANY' | 'SPECIFIC';
  readonly required: readonly ChannelName[];
  readonly lifetime: number;
  readonly maxAttempts: number;
}

export type Guess = 'right' | 'old' | 'wrong' | 'short';

/** The outcome of a call, as far as the rules determine it. */
export interface ModelOutcome {
  readonly reason: string;
  readonly attemptsRemaining?: number | undefined;
  readonly results?: Readonly<Record<string, string>>;
  readonly state?: ModelState;
}

export interface ModelState {
  readonly status: string;
  readonly attempts: number;
  readonly verified: readonly ChannelName[];
  readonly expiresAt: number;
  /** Absent when there is nothing to wait for. */
  readonly resendAt: number | undefined;
}

const ORDER: readonly ChannelName[] = ['email', 'sms', 'whatsapp'];
const COOLDOWN = 30_000;
const RESENDS = 5;
const TOKEN = 600_000;
/** recipient-sends: five in five minutes. */
const SENDS = { max: 5, window: 300_000 };

export class SessionModel {
  readonly config: ModelConfig;
  readonly createdAt: number;
  expiresAt: number;
  resendAt: number;
  resendsLeft = RESENDS;
  attempts: number;
  verified = new Set<ChannelName>();
  cancelled = false;
  approvedAt: number | undefined;
  redeemed = false;
  /** Messages of each channel so far. */
  readonly sent = new Map<ChannelName, number[]>();
  /** When the code of each channel ends. */
  readonly codeEnds = new Map<ChannelName, number>();
  readonly #succeeded = new Map<string, string>();

  constructor(config: ModelConfig, now: number) {
    this.config = config;
    this.createdAt = now;
    this.expiresAt = now + config.lifetime;
    this.resendAt = now + COOLDOWN;
    this.attempts = config.maxAttempts;
    for (const channel of config.channels) {
      this.sent.set(channel, [now]);
      this.codeEnds.set(channel, this.expiresAt);
    }
  }

  get lastLife(): number {
    return this.createdAt + 3 * this.config.lifetime;
  }

  state(now: number): ModelState {
    const status = this.#status(now);
    const resendable = !['APPROVED', 'CANCELED', 'LOCKED'].includes(status) && this.resendsLeft > 0;
    return {
      status,
      attempts: this.attempts,
      verified: ORDER.filter((name) => this.verified.has(name)),
      expiresAt: this.expiresAt,
      resendAt: resendable ? this.resendAt : undefined,
    };
  }

  /** `request`: its content, as text. */
  verify(
    guesses: Readonly<Partial<Record<ChannelName, Guess>>>,
    request: string,
    requestId: string,
    now: number,
  ): ModelOutcome {
    const before = requestId ? this.#succeeded.get(`verify ${requestId}`) : undefined;
    if (before === request) return { reason: 'OK', state: this.state(now) };
    if (before !== undefined) return { reason: 'IDEMPOTENCY_CONFLICT' };

    if (ORDER.some((name) => guesses[name] && !this.config.channels.includes(name))) {
      return { reason: 'CHANNEL_NOT_IN_SESSION' };
    }
    const refusal = this.#refusal(now);
    if (refusal) return { reason: refusal };
    const results: Record<string, string> = {};
    let attemptsRemaining: number | undefined;
    let failure: string | undefined;
    for (const name of ORDER) {
      const guess = guesses[name];
      if (guess === undefined) continue;
      if (this.approvedAt !== undefined) results[name] = 'NOT_CHECKED';
      else if (this.attempts === 0) {
        results[name] = 'ATTEMPTS_EXHAUSTED';
        failure ??= 'ATTEMPTS_EXHAUSTED';
      } else if (this.verified.has(name)) results[name] = 'ALREADY_VERIFIED';
      else if (now >= this.codeEnds.get(name)!) {
        // Another channel was sent a new code, and the session goes on with that.
        results[name] = 'NOT_CHECKED';
        failure ??= 'SESSION_EXPIRED';
      } else if (guess === 'right') {
        results[name] = 'VERIFIED';
        this.verified.add(name);
        if (this.#satisfied()) this.approvedAt = now;
      } else {
        results[name] = 'INVALID_CODE';
        attemptsRemaining = --this.attempts;
        failure ??= 'INVALID_CODE';
      }
    }
    const found = Object.values(results);
    if (found.includes('VERIFIED')) {
      if (requestId) this.#succeeded.set(`verify ${requestId}`, request);
      return { reason: 'OK', results, state: this.state(now) };
    }
    return { reason: failure ?? 'ALREADY_VERIFIED', attemptsRemaining };
  }

  resend(named: readonly ChannelName[], requestId: string, now: number): ModelOutcome {
    const request = named.join();
    const before = requestId ? this.#succeeded.get(`resend ${requestId}`) : undefined;
    if (before === request) return { reason: 'OK', state: this.state(now) };
    if (before !== undefined) return { reason: 'IDEMPOTENCY_CONFLICT' };

    if (named.some((name) => !this.config.channels.includes(name)))
      return { reason: 'CHANNEL_NOT_IN_SESSION' };
    const refusal = this.#refusal(now);
    if (refusal && !(refusal === 'SESSION_EXPIRED' && now < this.lastLife)) return { reason: refusal };
    if (this.attempts === 0) return { reason: 'ATTEMPTS_EXHAUSTED' };
    if (this.resendsLeft === 0) return { reason: 'RESENDS_EXHAUSTED' };
    if (now < this.resendAt) return { reason: 'RESEND_TOO_SOON' };
    const wanted = named.length > 0 ? named : this.config.channels;
    const channels = wanted.filter((name) => !this.verified.has(name));
    if (channels.length === 0) return { reason: 'ALREADY_VERIFIED' };
    const recent = (name: ChannelName) => this.sent.get(name)!.filter((at) => at > now - SENDS.window).length;
    if (channels.some((name) => recent(name) >= SENDS.max)) return { reason: 'RATE_LIMITED' };

    for (const name of channels) this.sent.get(name)!.push(now);
    this.resendsLeft--;
    this.resendAt = now + COOLDOWN;
    this.expiresAt = Math.min(now + this.config.lifetime, this.lastLife);
    for (const name of channels) this.codeEnds.set(name, this.expiresAt);
    if (requestId) this.#succeeded.set(`resend ${requestId}`, request);
    return { reason: 'OK', state: this.state(now) };
  }

  cancel(now: number): ModelOutcome {
    if (this.approvedAt !== undefined) return { reason: this.#refusal(now)! };
    this.cancelled = true;
    return { reason: 'OK', state: this.state(now) };
  }

  redeem(id: string, requestId: string, now: number): ModelOutcome {
    if (this.approvedAt === undefined) return { reason: 'TOKEN_NOT_FOUND' };
    const before = requestId ? this.#succeeded.get(`redeem ${requestId}`) : undefined;
    if (before !== undefined) return { reason: before === id ? 'OK' : 'IDEMPOTENCY_CONFLICT' };
    if (this.redeemed) return { reason: 'TOKEN_REDEEMED' };
    if (now >= this.approvedAt + TOKEN) return { reason: 'TOKEN_EXPIRED' };
    this.redeemed = true;
    if (requestId) this.#succeeded.set(`redeem ${requestId}`, id);
    return { reason: 'OK' };
  }

  #satisfied(): boolean {
    const { strategy, channels, required } = this.config;
    if (strategy === 'ANY') return this.verified.size > 0;
    return (strategy === 'ALL' ? channels : required).every((name) => this.verified.has(name));
  }

  #status(now: number): string {
    if (this.approvedAt !== undefined) return 'APPROVED';
    if (this.cancelled) return 'CANCELED';
    if (now >= this.expiresAt) return 'EXPIRED';
    if (this.attempts === 0) return 'LOCKED';
    return this.verified.size > 0 ? 'PARTIAL' : 'PENDING';
  }

  #refusal(now: number): string | undefined {
    if (this.redeemed) return 'SESSION_CONSUMED';
    const refusals: Readonly<Record<string, string>> = {
      APPROVED: 'ALREADY_VERIFIED',
      CANCELED: 'SESSION_CANCELED',
      EXPIRED: 'SESSION_EXPIRED',
      LOCKED: 'ATTEMPTS_EXHAUSTED',
    };
    return refusals[this.#status(now)];
  }
}
