import type { ChannelName } from '../../../../server/domain/channels.js';
import type { Documents } from '../../../../server/store/documents.js';
import { ManualClock } from '../../../support/manualClock.js';
import { type Caller, createUseCases, type UseCases, wrong } from './useCases.js';

const MINUTE = 60_000;

/** A random number below `below`, as the test's generator gives it. */
export type Below = (below: number) => number;

interface OpenSession {
  readonly id: string;
  readonly codes: Readonly<Partial<Record<ChannelName, string>>>;
  readonly endsAt: number;
}

interface Options {
  /** The store, as each process opens it. */
  readonly open: () => Documents;
  readonly digits: number;
  readonly phone: string;
  readonly below: Below;
  /** Where the sends come from; without it they name no source. */
  readonly deviceId?: string;
}

/** How a Send names its recipient. */
type Way =
  | { readonly recipients: Readonly<Record<string, string>> }
  | { readonly beneficiary: { readonly sponsorSlug: string; readonly beneficiaryId: string } };

/** How a call ended: let through, or refused until then. */
interface Ended {
  readonly passed: boolean;
  readonly retryAfterMs?: number;
}

const WORKSPACE = 'acme';
/** Sends, resends and guesses by several keys, as one who tries everything would. */
const CLIENTS = ['one', 'two', 'three'];

/**
 * A person who wants as many codes of one phone compared as possible, against
 * the real use cases of two processes on one store. Only its guesses are wrong:
 * it knows the codes so that none is right by chance.
 */
export class Adversary {
  readonly clock = new ManualClock();
  /** When each code was compared, milliseconds. */
  readonly comparisons: number[] = [];
  readonly #options: Options;
  #processes: readonly UseCases[];
  #sessions: OpenSession[] = [];
  #turn = 0;
  /** To whom it sends. */
  readonly #ways: Way[];

  constructor(options: Options) {
    this.#options = options;
    const { phone } = options;
    this.#ways = [
      { recipients: { sms: phone } },
      { recipients: { whatsapp: phone } },
      { recipients: { sms: phone, whatsapp: phone } },
    ];
    this.#processes = [this.#newProcess(), this.#newProcess()];
  }

  #newProcess(documents = this.#options.open()): UseCases {
    const onComparison = () => this.comparisons.push(this.clock.now());
    return createUseCases(documents, { clock: this.clock, onComparison });
  }

  /** Processes that replace those there were: two of them, each on its view of the store. */
  restart(...views: readonly Documents[]): void {
    this.#processes = views.map((documents) => this.#newProcess(documents));
  }

  #caller(): { readonly service: UseCases; readonly caller: Caller } {
    const { below } = this.#options;
    const service = this.#processes[below(this.#processes.length)]!;
    return { service, caller: service.as({ workspace: WORKSPACE, client: CLIENTS[below(CLIENTS.length)]! }) };
  }

  /** Puts the phone on file with a sponsor: to a beneficiary it is sent to without the burst limit of recipients. */
  async register(): Promise<void> {
    const { phone } = this.#options;
    const onFile = { sponsorSlug: 'sponsor', beneficiaryId: phone };
    await this.#processes[0]!.putOnFile(WORKSPACE, onFile, phone);
    this.#ways.push({ beneficiary: onFile });
  }

  /** Opens a session by text message, WhatsApp or both, or as a sponsor, with any number of attempts and any lifetime. */
  async send(attempts = 1 + this.#options.below(10), way?: Way): Promise<Ended> {
    const { digits, below, deviceId = '' } = this.#options;
    const { service, caller } = this.#caller();
    const to = way ?? this.#ways[below(this.#ways.length)]!;
    const seconds = BigInt([60, 300, 600, 3600][below(4)]!);
    const config = { codeLength: digits, maxAttempts: attempts, lifetime: { seconds } };
    return this.#ended(async () => {
      const { session } = await caller.send({ ...to, config, deviceId });
      const codes = await service.codes(WORKSPACE, session!.id);
      this.#sessions.push({ id: session!.id, codes, endsAt: this.clock.now() + 3 * Number(seconds) * 1000 });
    });
  }

  async resend(): Promise<Ended> {
    const session = this.#any();
    if (!session) return { passed: false };
    const { service, caller } = this.#caller();
    return this.#ended(async () => {
      await caller.resend({ sessionId: session.id, deviceId: this.#options.deviceId ?? '' });
      const codes = await service.codes(WORKSPACE, session.id);
      this.#sessions = this.#sessions.map((one) => (one === session ? { ...session, codes } : one));
    });
  }

  /** A wrong code, for any channel of any open session. */
  async guess(session = this.#any()): Promise<Ended> {
    if (!session) return { passed: false };
    const { below, deviceId = '' } = this.#options;
    const given = Object.entries(session.codes);
    const [channel, code] = given[this.#turn++ % given.length] ?? ['sms', '0'.repeat(this.#options.digits)];
    const { caller } = this.#caller();
    const codes = { [channel]: wrong(code) };
    const ended = await this.#ended(async () => {
      await caller.verify({ sessionId: session.id, codes, deviceId: below(2) ? deviceId : '' });
    });
    if (ended.over) this.#sessions = this.#sessions.filter((one) => one !== session);
    return ended;
  }

  /** The right code, by which a source becomes known. */
  async verify(): Promise<void> {
    const wrongOnes = this.comparisons.length;
    await this.send();
    const session = this.#sessions.at(-1)!;
    await this.#caller().caller.verify({
      sessionId: session.id,
      codes: session.codes as Record<string, string>,
      deviceId: this.#options.deviceId ?? '',
    });
    this.#sessions = [];
    this.comparisons.length = wrongOnes;
  }

  /** Does all it can until nothing passes, waits for what passes first, and goes on until `until`. */
  async search(until: number): Promise<void> {
    while (this.clock.now() < until) {
      const waits: number[] = [];
      const note = ({ passed, retryAfterMs }: Ended) => {
        if (!passed && retryAfterMs !== undefined) waits.push(retryAfterMs);
        return passed;
      };
      for (const way of this.#ways) while (note(await this.send(10, way)));
      note(await this.resend());
      for (const session of [...this.#sessions]) while (note(await this.guess(session)));
      this.#forget();
      const wait = Math.min(...waits, until - this.clock.now());
      this.clock.advance(Math.max(wait, 1));
    }
  }

  /** Does this and that at once, `times` times, with minutes in between. */
  async play(times: number): Promise<void> {
    const { below } = this.#options;
    for (let n = 0; n < times; n++) {
      const acts = Array.from({ length: 1 + below(6) }, () =>
        [() => this.send(), () => this.resend(), () => this.guess(), () => this.guess(), () => this.guess()][
          below(5)
        ]!(),
      );
      await Promise.all(acts);
      if (below(3) === 0) this.clock.advance(below(90) * MINUTE);
      this.#forget();
    }
  }

  #forget(): void {
    this.#sessions = this.#sessions.filter(({ endsAt }) => endsAt > this.clock.now());
  }

  #any(): OpenSession | undefined {
    return this.#sessions[this.#options.below(Math.max(this.#sessions.length, 1))];
  }

  async #ended(call: () => Promise<void>): Promise<Ended & { readonly over: boolean }> {
    try {
      await call();
      return { passed: true, over: false };
    } catch (thrown) {
      const { reason = '', details = {} } = thrown as {
        reason?: string;
        details?: { retryAfterMs?: number };
      };
      if (!reason) throw thrown;
      const wasCompared = reason === 'INVALID_CODE';
      const wait =
        reason === 'RATE_LIMITED' || reason === 'RECIPIENT_BLOCKED' ? details.retryAfterMs : undefined;
      const isOver = ['ATTEMPTS_EXHAUSTED', 'SESSION_NOT_FOUND', 'ALREADY_VERIFIED'].includes(reason);
      return { passed: wasCompared, over: isOver, ...(wait !== undefined && { retryAfterMs: wait }) };
    }
  }
}

/** The most of `times` that lie within any span of this length. */
export function mostWithin(times: readonly number[], spanMs: number): number {
  let most = 0;
  for (let first = 0, last = 0; last < times.length; last++) {
    while (times[last]! - times[first]! >= spanMs) first++;
    most = Math.max(most, last - first + 1);
  }
  return most;
}
