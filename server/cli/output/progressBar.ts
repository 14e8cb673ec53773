import type { Progress } from '../../maintenance/progress.js';
import type { Io } from '../io.js';

const SILENT: Progress = { begin: () => {}, advance: () => {}, end: () => {} };

/** Progress of long work on standard error, on a terminal only. */
export async function createProgress({ stderr }: Io): Promise<Progress> {
  if (!stderr.isTTY) return SILENT;
  const { default: progress } = await import('cli-progress');
  let bar: InstanceType<typeof progress.SingleBar> | undefined;
  let total = 0;
  return {
    begin(what, expected) {
      total = expected;
      const format = expected > 0 ? `${what} {bar} {percentage}% {value}/{total}` : `${what}: {value}`;
      bar = new progress.SingleBar({ format, clearOnComplete: true, hideCursor: true });
      bar.start(expected, 0);
    },
    advance() {
      if (total === 0) bar?.setTotal((bar.getTotal() ?? 0) + 1);
      bar?.increment();
    },
    end: () => bar?.stop(),
  };
}
