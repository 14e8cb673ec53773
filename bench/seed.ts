import { setTimeout as pause } from 'node:timers/promises';
import { create } from '@bufbuild/protobuf';
import { SendRequestSchema } from '../gen/otp/v1/otp_service_pb.js';
import { systemClock } from '../server/clock.js';
import { composeSecrets, type Secrets } from '../server/compose/secrets.js';
import { readConfig } from '../server/config.js';
import { settled } from '../server/delivery/outbox.js';
import type { ChannelName } from '../server/domain/channels.js';
import { firstIdAt, newId } from '../server/domain/ids.js';
import { channelsOf, type StoredChannel, type StoredSession } from '../server/domain/session.js';
import { createLog } from '../server/observe/log.js';
import { newSession } from '../server/otp/newSession.js';
import { planSend } from '../server/otp/plan.js';
import { type Random, systemRandom } from '../server/random.js';
import type { Collection, Documents } from '../server/store/documents.js';
import { DEFAULT_WORKSPACE, fresh } from '../server/workspaces/workspaces.js';
import { inTurn } from './load/request.js';

/** A stored session that waits for its code, and the code. */
export interface Seeded {
  readonly sessionId: string;
  readonly code: string;
  readonly wrongCode: string;
}

/** Inserts under way: enough to fill the embedded store's group commits. */
const INSERTS = 200;
/** When the sessions that nobody calls were made; those of a round are newer. */
const LONG_AGO_MS = 60_000;

const CODE = '123456';
const WRONG_CODE = '654321';
/** Draws the one code that is known here; everything else is as random as in the service. */
const knownCodes: Random = { bytes: systemRandom.bytes, int: () => Number(CODE) };

const idAt = (ms: number): string => newId({ ...systemClock, now: () => ms }, systemRandom);

let recipients = 0;

/** A mobile number that no other call of this run has: limits count by recipient. */
export const newRecipient = (): string => `+57300${String(recipients++).padStart(7, '0')}`;

/**
 * Puts sessions into a service's store directly, as the service itself would
 * after their delivery: made by the same code with the same keys.
 */
export class Seeder {
  readonly #documents: Documents;
  readonly #sessions: Collection<StoredSession>;
  readonly #secrets: Secrets;
  /** The first id that is not of the sessions stored to begin with. */
  #rounds = '';

  private constructor(documents: Documents, secrets: Secrets) {
    this.#documents = documents;
    this.#sessions = documents.collection('sessions');
    this.#secrets = secrets;
  }

  /** `env`: that of the service, which has started and so has made its keys. */
  static async over(documents: Documents, env: Readonly<Record<string, string>>): Promise<Seeder> {
    const log = createLog('silent');
    return new Seeder(
      documents,
      await composeSecrets(readConfig(env), documents, systemClock, systemRandom, log),
    );
  }

  /** Fills the store with sessions that nobody calls. They differ in what indexes hold, and share the rest. */
  async fill(count: number): Promise<void> {
    const madeAt = Date.now() - LONG_AGO_MS;
    const [template] = (await this.#make(1, madeAt)) as [StoredSession];
    const [[channel, part]] = channelsOf(template) as [[ChannelName, StoredChannel]];
    const ids = Array.from({ length: count }, (_, i) => idAt(madeAt + (i % 1000)));
    await inserted(ids, (id) => {
      const recipient = systemRandom.bytes(32).toString('base64url');
      return this.#sessions.insertOne({
        ...template,
        _id: `${DEFAULT_WORKSPACE}/${id}`,
        channels: { [channel]: { ...part, recipient } },
        recipients: [recipient],
      });
    });
    this.#rounds = `${DEFAULT_WORKSPACE}/${firstIdAt(madeAt + 1000)}`;
  }

  /** Sessions for a round, each with a code and a recipient of its own. */
  async sessions(count: number): Promise<readonly Seeded[]> {
    const sessions = await this.#make(count, Date.now());
    await inserted(sessions, (session) => this.#sessions.insertOne(session));
    return sessions.map(({ _id }) => ({
      sessionId: _id.slice(_id.indexOf('/') + 1),
      code: CODE,
      wrongCode: WRONG_CODE,
    }));
  }

  /** Removes what a round left behind, so that every round begins with the same store. */
  async clear(): Promise<void> {
    await this.#sessions.deleteMany({ _id: { $gte: this.#rounds, $lt: `${DEFAULT_WORKSPACE}0` } });
    for (const name of ['limits', 'inbox']) await this.#documents.collection(name).deleteMany({});
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

  async close(): Promise<void> {
    this.#secrets.stopRefreshing();
    await this.#documents.close();
  }

  async #make(count: number, now: number): Promise<readonly StoredSession[]> {
    const { hasher, encryption, fingerprints, pool } = this.#secrets;
    const maker = { hasher, encryption, random: knownCodes };
    const made: StoredSession[] = [];
    await inserted(Array.from({ length: count }, newRecipient), async (sms) => {
      const plan = planSend(create(SendRequestSchema, { recipients: { sms } }), fresh(DEFAULT_WORKSPACE));
      const _id = `${DEFAULT_WORKSPACE}/${idAt(now)}`;
      const opening = { _id, partition: `${DEFAULT_WORKSPACE}.live`, mode: 'live', client: 'bench' } as const;
      const slot = pool.enter(DEFAULT_WORKSPACE);
      try {
        const fingerprintOf = ({ identity }: { readonly identity: string }) =>
          fingerprints.recipient(DEFAULT_WORKSPACE, identity);
        made.push(delivered(await newSession(maker, slot, opening, plan, fingerprintOf, now)));
      } finally {
        slot.leave();
      }
    });
    return made;
  }
}

/** The session once its messages were accepted by a provider. */
function delivered(session: StoredSession): StoredSession {
  const { deliverAt: _done, ...rest } = session;
  const channels = channelsOf(session).map(([name, channel]) => [
    name,
    { ...channel, delivery: settled(channel.delivery, { state: 'ACCEPTED', provider: 'inbox' }) },
  ]);
  return { ...rest, channels: Object.fromEntries(channels) };
}

async function inserted<T>(items: readonly T[], insert: (item: T) => Promise<void>): Promise<void> {
  const next = inTurn(items);
  const lanes = Array.from({ length: INSERTS }, async () => {
    for (let item = next(); item !== undefined; item = next()) await insert(item);
  });
  await Promise.all(lanes);
}
