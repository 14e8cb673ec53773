import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';

const FOLDER = new URL('../fixtures/release-0.1/', import.meta.url);

interface Known {
  readonly id: string;
  readonly code: string;
}

/** What release 0.1 had stored when it ended; see the page beside the fixture. */
export interface FirstRelease {
  readonly at: number;
  /** A live key with every scope. */
  readonly key: string;
  readonly masterKeys: string;
  readonly pending: Known;
  readonly wrong: Known;
  readonly approved: Known & { readonly token: string };
  readonly redeemed: Known & { readonly token: string };
  readonly canceled: string;
  /** Opened with the request id `fixture-request`. */
  readonly once: string;
  readonly queued: string;
}

/** Puts the store of release 0.1 into a data folder. */
export async function unpackFirstRelease(dataDir: string): Promise<FirstRelease> {
  await mkdir(dataDir, { recursive: true });
  const database = gunzipSync(await readFile(new URL('countersign.db.gz', FOLDER)));
  await writeFile(join(dataDir, 'countersign.db'), database);
  const { at, ...known } = JSON.parse(await readFile(new URL('sessions.json', FOLDER), 'utf8'));
  const masterKeys = `1:${Buffer.alloc(32, 7).toString('base64')}`;
  return { ...known, at: Date.parse(at), masterKeys };
}
