import { access, constants } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { downloadedMongod } from './download.js';
import { secantusArgs, secantusFromPyPI } from './secantus.js';
import type { ServerProgram } from './server.js';

const REPLICA_SET = 'tests';

const mongodArgs = (port: number, folder: string) =>
  ['--port', `${port}`, '--dbpath', folder, '--bind_ip', '127.0.0.1', '--replSet', REPLICA_SET] as const;

/** The servers to look for, the most faithful first. Each resolves to null when there is none. */
export const PROGRAMS: readonly (() => Promise<ServerProgram | null>)[] = [
  async () => mongod(await onPath('mongod'), 'mongod on PATH'),
  async () => {
    const command = await onPath('secantusd-rs');
    return command === null ? null : { title: 'secantusd-rs on PATH', command, args: secantusArgs };
  },
  async () => mongod(await downloadedMongod(), 'mongod downloaded by mongodb-memory-server'),
  secantusFromPyPI,
];

function mongod(command: string | null, title: string): ServerProgram | null {
  return command === null ? null : { title, command, args: mongodArgs, replicaSet: REPLICA_SET };
}

async function onPath(program: string): Promise<string | null> {
  const names = process.platform === 'win32' ? [`${program}.exe`] : [program];
  for (const folder of (process.env.PATH ?? '').split(delimiter)) {
    for (const name of names) {
      const path = join(folder, name);
      if (await isExecutable(path)) return path;
    }
  }
  return null;
}

async function isExecutable(path: string): Promise<boolean> {
  try {
    await access(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
