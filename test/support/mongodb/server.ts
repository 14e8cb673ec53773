import { type ChildProcess, spawn } from 'node:child_process';
import { rmSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MongoClient } from 'mongodb';
import { freePort } from '../freePort.js';

/** A program that speaks MongoDB's protocol. */
export interface ServerProgram {
  /** For the line that says which one the tests use. */
  readonly title: string;
  readonly command: string;
  readonly args: (port: number, folder: string) => readonly string[];
  /** The replica set a real mongod has to be made into, which retryable writes need. */
  readonly replicaSet?: string;
  /** It does one thing at a time: several that are used at once had better each have one of their own. */
  readonly oneAtATime?: boolean;
}

export interface RunningServer {
  readonly uri: string;
  stop(): Promise<void>;
}

const START_MS = 30_000;
const STOP_MS = 5_000;

/** Starts the program on a free port with an empty data folder. Throws when it does not respond. */
export async function startServer(program: ServerProgram): Promise<RunningServer> {
  const folder = await mkdtemp(join(tmpdir(), 'countersign-mongodb-'));
  const port = await freePort();
  const child = spawn(program.command, program.args(port, folder), { stdio: 'ignore' });
  // Also when the run ends in a way that no teardown sees.
  const abandon = () => {
    child.kill('SIGKILL');
    rmSync(folder, { recursive: true, force: true });
  };
  process.once('exit', abandon);
  const stop = async () => {
    process.off('exit', abandon);
    await end(child);
    await rm(folder, { recursive: true, force: true });
  };
  try {
    const uri = `mongodb://127.0.0.1:${port}/?directConnection=true`;
    const members = [{ _id: 0, host: `127.0.0.1:${port}` }];
    await responses(child, uri, program.replicaSet ? { _id: program.replicaSet, members } : undefined);
    return { uri, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** Resolves when the server takes writes. */
async function responses(child: ChildProcess, uri: string, replicaSet?: object): Promise<void> {
  let gone: Error | undefined;
  child.once('error', (error) => {
    gone = error;
  });
  child.once('exit', (code) => {
    gone ??= new Error(`it ended with code ${code}`);
  });
  const giveUpAt = Date.now() + START_MS;
  let initiated = !replicaSet;
  for (;;) {
    const client = new MongoClient(uri, { serverSelectionTimeoutMS: 500, connectTimeoutMS: 500 });
    try {
      const admin = client.db('admin');
      if ((await admin.command({ hello: 1 })).isWritablePrimary) return;
      if (!initiated) await admin.command({ replSetInitiate: replicaSet });
      initiated = true;
      throw new Error('it takes no writes');
    } catch (error) {
      if (gone) throw gone;
      if (Date.now() > giveUpAt) throw error;
      await new Promise((resolve) => setTimeout(resolve, 50));
    } finally {
      await client.close();
    }
  }
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return;
  const exited = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGTERM');
  const impatient = setTimeout(() => child.kill('SIGKILL'), STOP_MS);
  await exited;
  clearTimeout(impatient);
}
