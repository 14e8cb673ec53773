import { pino } from 'pino';
import { beforeEach, describe, expect, it } from 'vitest';
import { createJobs } from '../../../../server/admin/jobs/jobs.js';
import { createRunJob, type Runner } from '../../../../server/admin/jobs/runJob.js';
import type { StoredJob } from '../../../../server/admin/jobs/stored.js';
import { Failure } from '../../../../server/errors.js';
import type { Documents } from '../../../../server/store/documents.js';
import { eachEngine } from '../../../support/engines.js';
import { ManualClock } from '../../../support/manualClock.js';

eachEngine((engine) => {
  let documents: Documents;
  let clock: ManualClock;
  let runs: number;
  beforeEach(async () => {
    clock = new ManualClock();
    documents = await engine.open({ clock });
    runs = 0;
  });

  const start = () =>
    createJobs(documents, clock).start({
      workspace: 'acme',
      id: 'job-1',
      type: 'PURGE_WORKSPACE',
      resource: 'workspaces/acme',
      actor: 'key-1',
      startsAt: new Date(clock.now()),
    });
  const stored = async () => (await documents.collection<StoredJob>('jobs').findOne({ _id: 'acme/job-1' }))!;
  const process = (runner: Runner) =>
    createRunJob({
      documents,
      runners: { PURGE_WORKSPACE: runner },
      newId: () => `run-${++runs}`,
      clock,
      log: pino({ level: 'silent' }),
    });

  describe('a job', () => {
    it('is done by one of several processes, which reports its progress', async () => {
      await start();
      let done = 0;
      const work: Runner = async ({ id, workspace, resource }, progress) => {
        done++;
        expect({ id, workspace, resource }).toEqual({
          id: 'job-1',
          workspace: 'acme',
          resource: 'workspaces/acme',
        });
        await progress('sessions', 200);
        expect(await stored()).toMatchObject({ state: 'RUNNING', counts: { sessions: 200 } });
        await progress('sessions', 14);
        await progress('contacts', 3);
      };
      const due = await stored();
      await Promise.all([process(work)(due), process(work)(due), process(work)(due)]);
      expect(done).toBe(1);
      const job = await stored();
      expect(job).toMatchObject({ state: 'SUCCEEDED', counts: { sessions: 214, contacts: 3 } });
      expect(job.endedAt).toBeDefined();
      expect(job.dueAt).toBeUndefined();
    });

    it('ends with the reason where it fails, and is not tried again', async () => {
      await start();
      await process(async () => {
        throw new Failure('NOT_FOUND');
      })(await stored());
      expect(await stored()).toMatchObject({ state: 'FAILED', error: 'NOT_FOUND' });
      expect((await stored()).dueAt).toBeUndefined();
    });

    it('is tried again where the store was away', async () => {
      await start();
      const away = process(async () => {
        throw new Failure('STORE_UNAVAILABLE');
      });
      await expect(away(await stored())).rejects.toMatchObject({ reason: 'STORE_UNAVAILABLE' });
      const waiting = await stored();
      expect(waiting.state).toBe('RUNNING');
      expect(waiting.dueAt!.getTime()).toBeGreaterThan(clock.now());
      clock.advance(61_000);
      await process(async () => {})(waiting);
      expect(await stored()).toMatchObject({ state: 'SUCCEEDED' });
    });

    it('that another process took over is left to it', async () => {
      await start();
      const slow: Runner = async (_job, progress) => {
        clock.advance(61_000);
        await process(async (_again, report) => report('sessions', 1))(await stored());
        await progress('sessions', 100);
      };
      await process(slow)(await stored());
      expect(await stored()).toMatchObject({ state: 'SUCCEEDED', counts: { sessions: 1 } });
    });

    it('that was cancelled before it began never begins', async () => {
      await start();
      const due = await stored();
      const jobs = createJobs(documents, clock);
      expect(await jobs.cancelScheduled('acme', 'job-1')).toMatchObject({ state: 'CANCELED' });
      expect(await jobs.cancelScheduled('acme', 'job-1')).toBeNull();
      await process(async () => expect.unreachable('it began'))(due);
      expect(await stored()).toMatchObject({ state: 'CANCELED' });
    });
  });
});
