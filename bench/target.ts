import type { Engine } from './engines.js';
import type { Scenario } from './scenarios.js';
import { Seeder } from './seed.js';
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
}

/** Starts a service on an empty store of the engine and fills it. */
export async function startTarget({ engine, sessions, hash, profile }: TargetOptions): Promise<Target> {
  const store = await engine.newStore();
  const service = await startService({ ...store.env, OTP_HASH: hash }, profile);
  const seeder = await Seeder.over(await store.open(), service.env);
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

/** The service's own JSON answer to a scenario, for an echo to repeat. */
export async function sampleAnswer({ service, seeder }: Target, scenario: Scenario): Promise<unknown> {
  const [session] = await seeder.sessions(1);
  if (!session) throw new Error('no session was stored');
  const { path, headers, body } = scenario.request(service.apiKey, session);
  const url = `http://127.0.0.1:${service.port}${path}`;
  const answer = await fetch(url, { method: 'POST', headers, body: new Uint8Array(body) });
  const text = await answer.text();
  if (answer.status !== scenario.expect.status || !text.includes(scenario.expect.holds)) {
    throw new Error(`${scenario.name} is answered with ${answer.status}: ${text}`);
  }
  return JSON.parse(text);
}
