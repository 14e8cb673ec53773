import { setTimeout as pause } from 'node:timers/promises';
import { median } from '../contest.js';
import { embedded } from '../engines.js';
import { startService } from '../service.js';
import type { SuiteContext } from './suite.js';

/** What a start leaves behind is collected within this time. */
const IDLE_MS = 1_500;

/** How long a start takes and how much memory the service then holds, on the embedded store. */
export async function starting({ options, report, say }: SuiteContext): Promise<void> {
  const readyAfter: number[] = [];
  const idle: number[] = [];
  for (let i = 0; i < options.effort.starts; i++) {
    say(`start ${i + 1} of ${options.effort.starts}`);
    const store = await embedded.newStore();
    const service = await startService(store.env);
    readyAfter.push(service.readyAfterMs / 1000);
    await pause(IDLE_MS);
    idle.push((await service.child.usage()).rss / 2 ** 20);
    await service.stop();
    await store.remove();
  }
  report.values.push(
    { name: 'first start, until /readyz is 200', value: median(readyAfter), unit: 's', goal: { atMost: 2 } },
    { name: 'memory (RSS), idle', value: median(idle), unit: 'MiB', goal: { atMost: 120 } },
  );
}
