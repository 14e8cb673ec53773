import { handleRequests } from './requests.js';

/** What a process has used. */
export interface Usage {
  /** Processor time of all its threads since it started, microseconds. */
  readonly cpuMicros: number;
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
      rss: process.memoryUsage.rss(),
      peakRss: process.resourceUsage().maxRSS * 1024,
    };
  },
});
