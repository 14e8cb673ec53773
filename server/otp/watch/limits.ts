/** THE limits of watching sessions. */
export const WATCH_LIMITS = {
  /** Streams at once. Each costs memory, and a read a second of its session. */
  perProcess: 1_000,
  perWorkspace: 500,
  perSession: 10,
  /** Seconds after which a stream says that it lives: common proxies end one that is silent for a minute. */
  heartbeatSeconds: 20,
  /** Seconds a stream lasts. Proxies that bound a whole answer mostly allow this long. */
  lengthSeconds: 300,
} as const;
