import { randomBytes } from 'node:crypto';
import { rmSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MongoClient } from 'mongodb';
import type { Documents } from '../../server/store/documents.js';
import { openEmbedded } from '../../server/store/embedded.js';
import { openMongo } from '../../server/store/mongo.js';
import { findMongodb, withDatabase } from '../support/mongodb/find.js';

/** An empty store of its own for one service, which the bench can open beside it. */
export interface BenchStore {
  /** The settings that make a service use it. */
  readonly env: Readonly<Record<string, string>> & { readonly OTP_DATA_DIR: string };
  open(): Promise<Documents>;
  remove(): Promise<void>;
}

/** What the service keeps its documents in. */
export interface Engine {
  readonly name: string;
  /** Why its figures say nothing about growth; absent where they do. */
  readonly scans?: string;
  /** Why its pages of a large store say nothing; absent where they do. */
  readonly sorts?: string;
  newStore(): Promise<BenchStore>;
  stop(): Promise<void>;
}

export const embedded: Engine = {
  name: 'embedded',
  async newStore() {
    const dataDir = await newFolder();
    return {
      env: { OTP_DATA_DIR: dataDir },
      open: () => openEmbedded({ dataDir, ttl: false }),
      remove: () => rm(dataDir, { recursive: true, force: true }),
    };
  },
  async stop() {},
};

/** The MongoDB the tests find; undefined when there is none. */
export async function mongodb(say: (what: string) => void): Promise<Engine | undefined> {
  const found = await findMongodb(say);
  if (!found) return undefined;
  return {
    name: `MongoDB (${found.title})`,
    ...(found.title.startsWith('SecantusDB') && {
      scans: 'its findOneAndUpdate reads the whole collection for any filter',
    }),
    ...(/secantus/i.test(found.title) && { sorts: 'its sorted finds read all that the filter lets through' }),
    async newStore() {
      const dataDir = await newFolder();
      const uri = withDatabase(found.uri, `countersign_bench_${randomBytes(6).toString('hex')}`);
      return {
        env: { OTP_DATA_DIR: dataDir, MONGODB_URI: uri },
        open: () => openMongo({ uri, ttl: false }),
        async remove() {
          const client = new MongoClient(uri);
          await client.db().dropDatabase();
          await client.close();
          await rm(dataDir, { recursive: true, force: true });
        },
      };
    },
    stop: found.stop,
  };
}

/** Also removed when the bench fails. */
async function newFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'countersign-bench-'));
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
  return folder;
}
