/** THE limits of watching sessions. */
export const WATCH_LIMITS = {
  /** Streams open at once. Each costs memory, and one read of its session per second. */
  perProcess: 1_000,
  perWorkspace: 500,
  perSession: 10,
  /** Seconds after which a silent stream sends a response: common proxies close one that is silent for a minute. */
  heartbeatSeconds: 20,
  /** Seconds a stream lasts. Most proxies that limit the length of a response allow this much. */
  lengthSeconds: 300,
} as const;
