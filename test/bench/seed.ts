import { setTimeout as pause } from 'node:timers/promises';
import { createIds, firstIdAt } from '../../server/domain/ids.js';
import { systemClock } from '../../server/platform/clock.js';
import { systemRandom } from '../../server/platform/random.js';
import type { StoredSession } from '../../server/session/stored.js';
import type { Collection, Documents } from '../../server/store/documents.js';
import { inTurn, jsonRequest, type Request } from './load/request.js';
import type { RunningService } from './service.js';

/** A stored session that waits for its code, and the code. */
export interface Seeded {
  readonly sessionId: string;
  readonly sessionToken: string;
  readonly recipient: string;
  readonly code: string;
  /** Of the right length, so that it is compared. */
  readonly wrongCode: string;
}

/** Sends under way while a round is prepared. */
const SENDS = 32;
/** Inserts under way: enough to fill the embedded store's group commits. */
const INSERTS = 200;
/** When the sessions that no call names were made; those of a round are newer. */
const LONG_AGO_MS = 60_000;

let recipients = 0;

/** A mobile number that no other call of this run has: limits count by recipient. */
export const newRecipient = (): string => `+57300${String(recipients++).padStart(7, '0')}`;

/** The beneficiaries of a run by number. */
export const beneficiaryId = (index: number): string => `bench-${index}`;

/** Prepares a service's store: through the service where a session is to be called, else around it. */
export class Seeder {
  readonly #service: RunningService;
  readonly #documents: Documents;
  readonly #sessions: Collection<StoredSession>;
  /** The first id that is not of the sessions stored to begin with. */
  #rounds = '';

  constructor(service: RunningService, documents: Documents) {
    this.#service = service;
    this.#documents = documents;
    this.#sessions = documents.collection('sessions');
  }

  /** Fills the store with sessions that no call names. They differ in what indexes hold, and share the rest. */
  async fill(count: number): Promise<void> {
    const template = await this.#template();
    const madeAt = Date.now() - LONG_AGO_MS;
    const ids = Array.from({ length: count }, (_, i) => idAt(madeAt + (i % 1000)));
    await eachOf(ids, INSERTS, (id) =>
      this.#sessions.insertOne({
        ...template,
        _id: template._id.replace(/[^/]+$/, id),
        recipients: [systemRandom.bytes(32).toString('base64url')],
      }),
    );
    this.#rounds = template._id.replace(/[^/]+$/, firstIdAt(madeAt + 1000));
  }

  /** Sessions for a round, each with a code and a recipient of its own. */
  async sessions(count: number): Promise<readonly Seeded[]> {
    const sessions: Seeded[] = [];
    await eachOf(Array.from({ length: count }, newRecipient), SENDS, async (sms) => {
      sessions.push(await this.#send(sms));
    });
    return sessions;
  }

  /** Removes what a round left behind, so that every round begins with the same store. */
  async clear(): Promise<void> {
    await this.#sessions.deleteMany({ _id: { $gte: this.#rounds } });
    for (const name of ['limits', 'inbox']) await this.#documents.collection(name).deleteMany({});
  }

  /** Registers beneficiaries with a phone on file at a sponsor, and lifts the limit on one client's calls. */
  async sponsor(slug: string, beneficiaries: number): Promise<void> {
    const ask = (method: string, message: unknown) =>
      this.#response(jsonRequest(`/otp.admin.v1.${method}`, this.#service.apiKey, message));
    await ask('LimitService/UpdateLimit', {
      limit: { rule: 'client-requests', max: 1_000_000 },
      updateMask: 'max',
    });
    await ask('SponsorService/CreateSponsor', {
      sponsor: { slug, displayName: 'Bench', channels: ['CHANNEL_SMS'] },
    });
    const ids = Array.from({ length: beneficiaries }, (_, i) => beneficiaryId(i));
    await eachOf(ids, SENDS, async (id) => {
      await ask('SponsorService/CreateBeneficiary', {
        beneficiary: { sponsorSlug: slug, beneficiaryId: id, phone: newRecipient() },
      });
    });
  }

  /** Resolves when no session waits for a worker: `due` is the date that says when one does. */
  async settled(due: 'deliverAt' | 'eventsAt'): Promise<void> {
    const far = new Date(Date.UTC(9999, 0));
    for (;;) {
      const startedAt = performance.now();
      const waiting = await this.#sessions.find({ [due]: { $lte: far } }, { limit: 1 }).toArray();
      if (waiting.length === 0) return;
      // Asking must not become the load.
      await pause(2 + 10 * (performance.now() - startedAt));
    }
  }

  close(): Promise<void> {
    return this.#documents.close();
  }

  async #template(): Promise<StoredSession> {
    const { sessionId } = await this.#send(newRecipient());
    const _id = `default/${sessionId}`;
    const session = await this.#sessions.findOne({ _id });
    if (!session) throw new Error('the session that was sent is not in the store');
    return session;
  }

  async #response(request: Request): Promise<string> {
    const { status, text } = await responseTo(this.#service.port, request);
    if (status !== 200) throw new Error(`nothing to measure with, but ${status}: ${text}`);
    return text;
  }

  /** Opens a sandbox session: its response holds the code, and nothing is left to deliver. */
  async #send(sms: string): Promise<Seeded> {
    const send = jsonRequest('/otp.v1.OtpService/Send', this.#service.apiKey, {
      recipients: { sms },
      sandbox: true,
    });
    const text = await this.#response(send);
    const { session, sessionToken, sandboxCodes } = JSON.parse(text);
    const code: string = sandboxCodes.sms;
    const wrongCode = code.replace(/.$/, (digit) => String(9 - Number(digit)));
    return { sessionId: session.id, sessionToken, recipient: sms, code, wrongCode };
  }
}

/** One call outside the measured rounds. */
export async function responseTo(port: number, { path, headers, body }: Request) {
  const response = await fetch(`http://127.0.0.1:${port}${path}`, {
    method: 'POST',
    headers,
    body: new Uint8Array(body),
  });
  return { status: response.status, text: await response.text() };
}

const idAt = (ms: number): string => createIds({ ...systemClock, now: () => ms }, systemRandom)();

async function eachOf<T>(
  items: readonly T[],
  atOnce: number,
  work: (item: T) => Promise<void>,
): Promise<void> {
  const next = inTurn(items);
  const lanes = Array.from({ length: atOnce }, async () => {
    for (let item = next(); item !== undefined; item = next()) await work(item);
  });
  await Promise.all(lanes);
}
