import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { compose } from '../../server/compose/index.js';
import type { Overrides } from '../../server/compose/service.js';
import { readConfig } from '../../server/config/config.js';
import type { InboxMessage } from '../../server/delivery/vendors/inbox/messages.js';
import { INBOX, VENDORS } from '../../server/delivery/vendors/index.js';
import type { LogOutput } from '../../server/observe/log.js';
import type { Clock } from '../../server/platform/clock.js';
import type { Documents } from '../../server/store/documents.js';
import { readInbox } from './inbox.js';
import { ManualClock } from './manualClock.js';

/** A whole service on a free port of this machine, with time in the test's hands. */
export interface TestService<C extends Clock = ManualClock> {
  readonly baseUrl: string;
  readonly port: number;
  /** Every scope, live. */
  readonly liveKey: string;
  /** Every scope but `operator`, sandbox only. */
  readonly testKey: string;
  /** Of OTP_OPERATOR_PORT; undefined without one. */
  readonly operatorUrl: string | undefined;
  readonly clock: C;
  readonly documents: Documents;
  readonly dataDir: string;
  readonly inboxToken: string;
  /** The messages the development inbox holds, newest first. */
  inbox(): Promise<InboxMessage[]>;
  /** Everything logged so far, one JSON object a line. */
  logged(): string;
  stop(): Promise<void>;
}

export interface ServiceOptions<C extends Clock> {
  /** Environment variables besides the ones a test service sets. */
  readonly env?: Readonly<Record<string, string>>;
  readonly clock?: C;
  readonly documents?: Documents;
  /** Lines of the log that were dropped, as its output says. */
  readonly droppedLines?: number;
  readonly overrides?: Overrides;
}

/**
 * Starts the service as process.ts does, in this process. Codes are hashed with the
 * keyed HMAC unless `env` says otherwise, because most tests are not about hashing.
 */
export async function startService<C extends Clock = ManualClock>(
  options: ServiceOptions<C> = {},
): Promise<TestService<C>> {
  const dataDir = await mkdtemp(join(tmpdir(), 'countersign-'));
  const clock = (options.clock ?? new ManualClock()) as C;
  const lines: string[] = [];
  const logOutput: LogOutput = {
    stream: new Writable({
      write(chunk, _encoding, done) {
        lines.push(String(chunk));
        done();
      },
    }),
    dropped: () => options.droppedLines ?? 0,
    flushed: async () => true,
  };
  const { vendors = VENDORS } = options.overrides ?? {};
  const config = readConfig(
    { PORT: '0', OTP_DATA_DIR: dataDir, OTP_HASH: 'hmac', OTP_LOG_LEVEL: 'debug', ...options.env },
    [...vendors, INBOX].map(({ settings }) => settings),
  );
  const service = await compose(config, {
    clock,
    logOutput,
    // Not those in dist, which may be of another commit: suites with pages build their own.
    screens: null,
    ...(options.documents && { documents: options.documents }),
    ...options.overrides,
  });
  const { port } = await service.start();
  const baseUrl = `${config.tlsCert ? 'https' : 'http'}://127.0.0.1:${port}`;
  return {
    baseUrl,
    port,
    operatorUrl: service.operatorAddress && `http://127.0.0.1:${service.operatorAddress.port}`,
    liveKey: service.firstKeys?.live ?? config.bootstrapApiKey ?? '',
    testKey: service.firstKeys?.test ?? '',
    clock,
    documents: service.documents,
    dataDir,
    inboxToken: service.inboxToken ?? '',
    async inbox() {
      return readInbox(baseUrl, service.inboxToken ?? '');
    },
    logged: () => lines.join(''),
    async stop() {
      await service.stop();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}
