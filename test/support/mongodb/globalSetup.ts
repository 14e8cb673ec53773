import type { TestProject } from 'vitest/node';
import { PROGRAMS } from './programs.js';
import { type RunningServer, startServer } from './server.js';

/** The MongoDB of this run: where it is, and what it is. */
export interface ProvidedMongodb {
  readonly uri: string;
  readonly title: string;
}

declare module 'vitest' {
  interface ProvidedContext {
    mongodb: ProvidedMongodb | null;
  }
}

/** Finds a MongoDB once for the whole run and says which; without one the suites that need it are skipped by name. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const given = process.env.MONGODB_URI;
  if (given) {
    project.provide('mongodb', { uri: given, title: 'MONGODB_URI' });
    say('MONGODB_URI');
    return async () => {};
  }
  for (const find of PROGRAMS) {
    const program = await find();
    if (!program) continue;
    let server: RunningServer;
    try {
      server = await startServer(program);
    } catch (error) {
      say(`not ${program.title}: ${(error as Error).message}`);
      continue;
    }
    project.provide('mongodb', { uri: server.uri, title: program.title });
    say(program.title);
    return server.stop;
  }
  if (process.env.REQUIRE_MONGODB === '1') throw new Error('REQUIRE_MONGODB=1, and no MongoDB was found');
  project.provide('mongodb', null);
  say('none found; the tests that need one are skipped');
  return async () => {};
}

function say(what: string): void {
  process.stderr.write(`MongoDB for the tests: ${what}\n`);
}
