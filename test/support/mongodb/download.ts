import { mkdir } from 'node:fs/promises';
import { DryMongoBinary, MongoBinary } from 'mongodb-memory-server-core';

const MIRROR = process.env.MONGOMS_DOWNLOAD_MIRROR ?? 'https://fastdl.mongodb.org';
const FOLDER = '.cache/mongodb-binaries';
const REACHABLE_MS = 3_000;

/**
 * A mongod as mongodb-memory-server downloads it, once. Null without a
 * network: the library alone would retry for minutes, so the mirror is asked
 * for a sign of life first.
 */
export async function downloadedMongod(): Promise<string | null> {
  try {
    const options = await DryMongoBinary.generateOptions({ downloadDir: FOLDER });
    const found = await DryMongoBinary.locateBinary(options);
    if (found) return found;
    await fetch(MIRROR, { method: 'HEAD', signal: AbortSignal.timeout(REACHABLE_MS) });
    await mkdir(FOLDER, { recursive: true });
    process.env.MONGOMS_MAX_RETRIES ??= '0';
    return await MongoBinary.getPath({ downloadDir: FOLDER });
  } catch {
    return null;
  }
}
