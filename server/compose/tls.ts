import { readFile } from 'node:fs/promises';
import { createSecureContext } from 'node:tls';
import { type Config, ConfigError } from '../config/config.js';
import type { TlsFiles } from '../http/http1.js';
import type { Logger } from '../observe/log.js';
import type { Clock } from '../platform/clock.js';

/** The certificate and its key, where TLS is configured. Throws ConfigError for files that cannot be read or do not belong together. */
export async function readTls({ tlsCert, tlsKey }: Config): Promise<TlsFiles | undefined> {
  if (!tlsCert || !tlsKey) return undefined;
  const [cert, key] = await Promise.all([read('OTP_TLS_CERT', tlsCert), read('OTP_TLS_KEY', tlsKey)]);
  try {
    createSecureContext({ cert, key });
  } catch (error) {
    throw new ConfigError([
      `OTP_TLS_CERT=${tlsCert}, OTP_TLS_KEY=${tlsKey}: not a certificate chain and its private key in PEM (${(error as Error).message})`,
    ]);
  }
  return { cert, key };
}

const read = (variable: string, path: string): Promise<Buffer> =>
  readFile(path).catch((error: NodeJS.ErrnoException) => {
    throw new ConfigError([`${variable}=${path}: cannot be read (${error.code ?? 'unknown error'})`]);
  });

/** How often the files are looked at. A renewed certificate is served at the latest so long after it is there. */
const LOOK_AGAIN_MS = 10_000;

interface ReloadDeps {
  readonly config: Config;
  /** The files that are served. */
  readonly served: TlsFiles | undefined;
  readonly apply: (files: TlsFiles) => void;
  readonly clock: Clock;
  readonly log: Logger;
}

/** Serves renewed certificates: at once when told to, and by itself when the files have changed. */
export interface TlsReload {
  /** Reads the files now. Those that cannot be used are logged, and the old ones stay in use. */
  now(): Promise<void>;
  stop(): void;
}

export function watchTls({ config, served, apply, clock, log }: ReloadDeps): TlsReload {
  let current = served;
  let fault = '';
  let cancel = () => {};
  let isStopped = false;

  async function now(): Promise<void> {
    if (!current) return;
    try {
      const files = await readTls(config);
      if (!files || (isSame(files.cert, current.cert) && isSame(files.key, current.key))) return;
      apply(files);
      current = files;
      fault = '';
      log.info({ certificate: config.tlsCert }, 'the renewed certificate is served');
    } catch (err) {
      const { message } = err as Error;
      // Between the writing of one file and the other they do not belong together; one line for each fault.
      if (message !== fault)
        log.warn({ err }, 'the certificate cannot be reloaded; the old one stays in use');
      fault = message;
    }
  }

  function watch(): void {
    if (isStopped) return;
    cancel = clock.after(LOOK_AGAIN_MS, () => void now().finally(watch));
  }
  if (served) watch();
  return {
    now,
    stop() {
      isStopped = true;
      cancel();
    },
  };
}

const isSame = (one: string | Buffer, other: string | Buffer): boolean =>
  Buffer.from(one).equals(Buffer.from(other));
