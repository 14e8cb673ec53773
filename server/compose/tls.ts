import { readFile } from 'node:fs/promises';
import { createSecureContext } from 'node:tls';
import { type Config, ConfigError } from '../config/config.js';
import type { TlsFiles } from '../http/http1.js';

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
