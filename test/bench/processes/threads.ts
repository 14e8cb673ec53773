import { readdirSync, readFileSync } from 'node:fs';

/** Processor time of a process, microseconds: of the thread that runs JavaScript, and of all its threads. */
export interface ThreadTimes {
  readonly main: number;
  readonly all: number;
}

/**
 * Read from the kernel, by thread (https://docs.kernel.org/scheduler/sched-stats.html:
 * the first figure of a task's schedstat is its time on a processor in
 * nanoseconds). Threads that have ended are missing, so only those that live as
 * long as the process are counted right: ours do.
 */
export function threadTimes(pid: number): ThreadTimes {
  const times = readdirSync(`/proc/${pid}/task`).map((task) => {
    const [onProcessor = '0'] = readFileSync(`/proc/${pid}/task/${task}/schedstat`, 'utf8').split(' ');
    return { isMain: Number(task) === pid, micros: Number(onProcessor) / 1000 };
  });
  return {
    main: times.find(({ isMain }) => isMain)?.micros ?? 0,
    all: times.reduce((sum, { micros }) => sum + micros, 0),
  };
}

/** Processor time of a process and of those it started, microseconds. */
export function treeMicros(pid: number): number {
  const children = readdirSync(`/proc/${pid}/task`).flatMap((task) =>
    readFileSync(`/proc/${pid}/task/${task}/children`, 'utf8').split(' ').filter(Boolean).map(Number),
  );
  return children.reduce((sum, child) => sum + treeMicros(child), threadTimes(pid).all);
}
