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
