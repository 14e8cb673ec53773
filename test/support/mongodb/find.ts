import { PROGRAMS } from './programs.js';
import { type RunningServer, startServer } from './server.js';

/** A MongoDB that was found, and started where it was not running. */
export interface FoundMongodb extends RunningServer {
  /** What it is. */
  readonly title: string;
  /** Another one of the same, where one alone would be the bottleneck. */
  another?(): Promise<RunningServer>;
}

/** The MongoDB that MONGODB_URI names, else the first of the programs that starts. `say` is called for those that do not. */
export async function findMongodb(say: (what: string) => void): Promise<FoundMongodb | undefined> {
  const given = process.env.MONGODB_URI;
  if (given) return { uri: given, title: 'MONGODB_URI', stop: async () => {} };
  for (const find of PROGRAMS) {
    const program = await find();
    if (!program) continue;
    try {
      return {
        ...(await startServer(program)),
        title: program.title,
        ...(program.oneAtATime && { another: () => startServer(program) }),
      };
    } catch (error) {
      say(`not ${program.title}: ${(error as Error).message}`);
    }
  }
  return undefined;
}

/** The connection string for another database. Its path is also where its user is looked up, unless it says otherwise. */
export function withDatabase(uri: string, name: string): string {
  const [, hosts, path, query] = /^([^/]*\/\/[^/?]*)\/?([^?]*)\??(.*)$/.exec(uri)!;
  const options = new URLSearchParams(query);
  if (path && hosts!.includes('@') && !options.has('authSource')) options.set('authSource', path);
  return `${hosts}/${name}?${options}`;
}
