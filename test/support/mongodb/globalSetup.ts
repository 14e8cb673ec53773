import type { TestProject } from 'vitest/node';
import { findMongodb } from './find.js';

/** The MongoDB of this run: where it is, and what it is. */
export interface ProvidedMongodb {
  /** One, or one for each worker. */
  readonly uris: readonly string[];
  readonly title: string;
}

declare module 'vitest' {
  interface ProvidedContext {
    mongodb: ProvidedMongodb | null;
  }
}

/** Finds a MongoDB once for the whole run and says which; without one the suites that need it are skipped by name. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const found = await findMongodb(say);
  if (!found && process.env.REQUIRE_MONGODB === '1') {
    throw new Error('REQUIRE_MONGODB=1, and no MongoDB was found');
  }
  const { another } = found ?? {};
  const more = another
    ? await Promise.all(Array.from({ length: project.config.maxWorkers - 1 }, another))
    : [];
  const servers = [...(found ? [found] : []), ...more];
  project.provide('mongodb', found ? { uris: servers.map(({ uri }) => uri), title: found.title } : null);
  say(found?.title ?? 'none found; the tests that need one are skipped');
  return async () => {
    await Promise.all(servers.map(({ stop }) => stop()));
  };
}

function say(what: string): void {
  process.stderr.write(`MongoDB for the tests: ${what}\n`);
}
