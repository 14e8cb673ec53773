import { createHash } from 'node:crypto';
import type { Engine } from './engines.js';
import { ManualClock } from './manualClock.js';
import { startService, type TestService } from './service.js';

/** Two services on one store and one clock: what two processes share, in this one. */
export interface TwoProcesses {
  readonly here: TestService;
  readonly there: TestService;
  readonly clock: ManualClock;
  stop(): Promise<void>;
}

export async function startTwo(engine: Engine): Promise<TwoProcesses> {
  const clock = new ManualClock();
  const store = await engine.newStore();
  const master = createHash('sha256').update('master').digest('base64');
  const env = { OTP_MASTER_KEYS: `1:${master}` };
  const start = async () => startService({ clock, documents: await store.open({ clock }), env });
  const here = await start();
  const there = await start();
  return {
    here,
    there,
    clock,
    async stop() {
      await here.stop();
      await there.stop();
    },
  };
}
