import type { AddressInfo } from 'node:net';
import type { Breakers } from '../delivery/breakers.js';
import type { Vendor } from '../delivery/vendors/vendor.js';
import type { LogOutput } from '../observe/log.js';
import type { Clock } from '../platform/clock.js';
import type { Random } from '../platform/random.js';
import type { Documents, StoreRefused } from '../store/documents.js';
import type { Siblings } from '../workers/siblings.js';
import type { FirstKeys } from './bootstrapKeys.js';
import type { ProviderOverrides } from './providers.js';

/** What a test may replace. */
export interface Overrides {
  readonly clock?: Clock;
  readonly random?: Random;
  readonly logOutput?: LogOutput;
  readonly documents?: Documents;
  readonly providers?: ProviderOverrides;
  /** The registry of vendors; their settings must be in the configuration. */
  readonly vendors?: readonly Vendor[];
  /** The folder of what clients/build.mjs made; null: there is none. */
  readonly screens?: string | null;
  /** The other processes behind the same port. */
  readonly siblings?: Siblings;
}

/** The running service. */
export interface Service {
  /** Starts listening and delivering. */
  start(): Promise<AddressInfo>;
  /** Serves the certificate that is in the files now. */
  reload(): Promise<void>;
  /** The longest that `stop` may take, milliseconds; after that only ending the process helps. */
  readonly stopLimitMs: number;
  /** Whether the whole log is written; false after `limitMs`, when it is not read. */
  logWritten(limitMs: number): Promise<boolean>;
  /** Not ready → drain delay → GOAWAY → finish what runs → stop the queues → close the store. */
  stop(): Promise<void>;
  /** The API keys made by this start, if it was the first; known once it has started. */
  readonly firstKeys: FirstKeys | undefined;
  /** What the development inbox shows its messages for; undefined in production. */
  readonly inboxToken: string | undefined;
  /** Where the operators' port listens, once it does; undefined without one. */
  readonly operatorAddress: AddressInfo | undefined;
  readonly documents: Documents;
  /** Resolves when the process may not use the store any more, because another release has changed it: it must end. */
  readonly refused: Promise<StoreRefused>;
  /** How the delivery providers are doing, as this process sees them. */
  readonly breakers: Breakers['states'];
}
