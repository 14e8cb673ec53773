import { handleRequests } from './requests.js';
import { threadTimes } from './threads.js';

/** What a process has used. */
export interface Usage {
  /** Processor time of all its threads since it started, microseconds. */
  readonly cpuMicros: number;
  /** Of the thread that runs JavaScript, where the system says so (Linux). */
  readonly mainMicros: number | undefined;
  /** Resident memory now, and at most so far, bytes. */
  readonly rss: number;
  readonly peakRss: number;
}

// Loaded into every measured process, the service included, with --import: the
// process knows its own use on every platform.
handleRequests({
  usage(): Usage {
    const { user, system } = process.cpuUsage();
    return {
      cpuMicros: user + system,
      mainMicros: process.platform === 'linux' ? threadTimes(process.pid).main : undefined,
      rss: process.memoryUsage.rss(),
      peakRss: process.resourceUsage().maxRSS * 1024,
    };
  },
});
