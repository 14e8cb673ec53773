import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { systemRandom } from '../../../../server/platform/random.js';
import type { Documents } from '../../../../server/store/documents.js';
import type { Processes } from '../../../../server/store/processes/processes.js';
import { createProcessFiles, marksPath } from '../../../../server/store/processes/processFiles.js';
import { startChild } from '../../../support/childProcess.js';
import { embeddedEngine } from '../../../support/engines.js';
import { ManualClock } from '../../../support/manualClock.js';

const HOLD = new URL('../support/processes/holdProcessFile.ts', import.meta.url);
const log = pino({ level: 'silent' });

describe('the processes on one machine', () => {
  const engine = embeddedEngine();
  let folder: string;
  let documents: Documents;
  let clock: ManualClock;
  const started: Processes[] = [];
  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'countersign-proc-'));
    documents = await engine.open();
    clock = new ManualClock();
  });
  afterEach(async () => {
    for (const one of started.splice(0)) await one.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  function create(): Processes {
    const one = createProcessFiles({ folder, documents, clock, random: systemRandom, log });
    started.push(one);
    return one;
  }
  /** Another process, which lives until it is killed. */
  async function other() {
    const child = startChild(HOLD, [folder]);
    const { value: id } = await child.lines()[Symbol.asyncIterator]().next();
    const kill = async (signal: NodeJS.Signals) => {
      child.process.kill(signal);
      await child.finished().catch(() => {});
    };
    return { id: id as string, kill, process: child.process };
  }
  const files = () => readdirSync(folder).filter((name) => !name.endsWith('-journal'));

  it('each have a file of their own, which a stop removes', async () => {
    const [first, second] = [create(), create()];
    expect(first.id).not.toBe(second.id);
    expect(files().sort()).toEqual([first.id, second.id].sort());
    await first.stop();
    expect(files()).toEqual([second.id]);
  });

  it('see that another one lives, also while it is stopped, and that it has ended as soon as it is killed', async () => {
    const here = create();
    const there = await other();
    const takenOver: string[] = [];
    const takeOver = async (id: string) => void takenOver.push(id);
    await here.start(takeOver);
    there.process.kill('SIGSTOP');
    expect(await here.hasEnded(there.id)).toBe(false);
    clock.advance(60_000);
    await here.stop();
    expect(takenOver).toEqual([]);

    await there.kill('SIGKILL');
    const next = create();
    expect(await next.hasEnded(there.id)).toBe(true);
    await next.start(takeOver);
    expect(takenOver).toEqual([there.id]);
    expect(files()).toEqual([next.id]);
  });

  it('know of each other that one has ended, after its file has been removed', async () => {
    const [here, elsewhere] = [create(), create()];
    const there = await other();
    await there.kill('SIGKILL');
    await here.start(async () => {});
    expect(existsSync(join(folder, there.id))).toBe(false);
    expect(await elsewhere.hasEnded(there.id)).toBe(true);
    expect(await elsewhere.hasEnded(here.id)).toBe(false);
    // Nothing is known of it: its leases end by time.
    expect(await elsewhere.hasEnded('f'.repeat(32))).toBe(false);
  });

  it('try again to take over what could not be taken, and keep the marks until then', async () => {
    const there = await other();
    await there.kill('SIGKILL');
    writeFileSync(marksPath(folder, there.id), 'B lease inbox\n');
    const here = create();
    let tries = 0;
    await here.start(async () => {
      tries++;
      if (tries === 1) throw new Error('the store is away');
    });
    expect(existsSync(marksPath(folder, there.id))).toBe(true);
    clock.advance(1_000);
    await here.stop();
    expect(tries).toBe(2);
    expect(files()).toEqual([]);
  });
});
