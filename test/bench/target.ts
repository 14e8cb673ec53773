import type { Engine } from './engines.js';
import type { Scenario } from './scenarios.js';
import { responseTo, Seeder } from './seed.js';
import { type RunningService, startService } from './service.js';

/** A service and its store, which the bench reaches around it. */
export interface Target {
  readonly service: RunningService;
  readonly seeder: Seeder;
  stop(): Promise<void>;
}

interface TargetOptions {
  readonly engine: Engine;
  /** Stored sessions to begin with. */
  readonly sessions: number;
  readonly hash: 'argon2id' | 'hmac';
  readonly profile: string | undefined;
  /** Processes that serve the port. */
  readonly workers?: number;
}

/** Starts a service on an empty store of the engine and fills it. */
export async function startTarget({
  engine,
  sessions,
  hash,
  profile,
  workers = 1,
}: TargetOptions): Promise<Target> {
  const store = await engine.newStore();
  const service = await startService(
    { ...store.env, OTP_HASH: hash, OTP_WORKERS: `${workers}` },
    { profile },
  );
  const seeder = new Seeder(service, await store.open());
  await seeder.fill(sessions);
  return {
    service,
    seeder,
    async stop() {
      await service.stop();
      await seeder.close();
      await store.remove();
    },
  };
}

/** The service's own JSON response to a scenario, for an echo to repeat. */
export async function sampleResponse({ service, seeder }: Target, scenario: Scenario): Promise<unknown> {
  const [session] = await seeder.sessions(1);
  if (!session) throw new Error('no session was stored');
  const { status, text } = await responseTo(service.port, scenario.request(service.apiKey, session));
  if (status !== scenario.expect.status || !text.includes(scenario.expect.holds)) {
    throw new Error(`${scenario.name} got the response ${status}: ${text}`);
  }
  return JSON.parse(text);
}
