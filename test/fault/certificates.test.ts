import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { cp, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { get } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect } from 'node:tls';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { builtMain } from '../support/builtServer.js';
import { eventually } from '../support/eventually.js';
import { type ServiceProcess, startProcess } from '../support/serviceProcess.js';

const pem = (name: string) => fileURLToPath(new URL(`../unit/http/support/tls/${name}.pem`, import.meta.url));
const fingerprint = (name: string) => new X509Certificate(readFileSync(pem(name))).fingerprint256;

beforeAll(() => builtMain(), 120_000);

let folder: string;
let service: ServiceProcess | undefined;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'countersign-tls-'));
});
afterEach(async () => {
  await service?.end('SIGKILL');
  service = undefined;
  await rm(folder, { recursive: true, force: true });
});

const start = async (env: Record<string, string> = {}) => {
  service = await startProcess({ OTP_DATA_DIR: join(folder, 'data'), ...env });
  return service;
};

const install = async (certificate: string, key: string) => {
  await cp(pem(certificate), join(folder, 'certificate.pem'));
  await cp(pem(key), join(folder, 'key.pem'));
};
const startTls = () =>
  start({ OTP_TLS_CERT: join(folder, 'certificate.pem'), OTP_TLS_KEY: join(folder, 'key.pem') });

/** The fingerprint of the certificate that a new connection gets. */
const served = (port: number) =>
  new Promise<string>((resolve, reject) => {
    const socket = connect({ port, host: '127.0.0.1', rejectUnauthorized: false }, () => {
      resolve(socket.getPeerX509Certificate()?.fingerprint256 ?? '');
      socket.destroy();
    });
    socket.once('error', reject);
  });

const readiness = (baseUrl: string) =>
  new Promise<number | undefined>((resolve) => {
    get(`${baseUrl}/readyz`, { agent: false }, (response) => {
      response.resume();
      resolve(response.statusCode);
    }).once('error', () => resolve(undefined));
  });

describe('a renewed certificate', () => {
  it('K10 is served after SIGHUP, without a restart', async () => {
    await install('certificate', 'key');
    const { port, process } = await startTls();
    expect(await served(port)).toBe(fingerprint('certificate'));
    await install('renewedCertificate', 'renewedKey');
    process.kill('SIGHUP');
    await eventually(async () => (await served(port)) === fingerprint('renewedCertificate'));
    expect(process.exitCode).toBeNull();
  });

  it('K10 is served by itself once the files have changed', { timeout: 30_000 }, async () => {
    await install('certificate', 'key');
    const { port } = await startTls();
    await install('renewedCertificate', 'renewedKey');
    await eventually(async () => (await served(port)) === fingerprint('renewedCertificate'));
  });

  it('K10 that does not fit its key is not served, and the old one stays', async () => {
    await install('certificate', 'key');
    const { port, process, output } = await startTls();
    await install('renewedCertificate', 'key');
    process.kill('SIGHUP');
    await eventually(() => output().includes('the certificate cannot be reloaded'));
    expect(await served(port)).toBe(fingerprint('certificate'));
    await writeFile(join(folder, 'certificate.pem'), 'nothing');
    process.kill('SIGHUP');
    await eventually(() => output().split('the certificate cannot be reloaded').length > 2);
    expect(await served(port)).toBe(fingerprint('certificate'));
  });
});

describe('a signal', () => {
  it('K10 SIGHUP does not end a service without TLS', async () => {
    const { baseUrl, process } = await start();
    process.kill('SIGHUP');
    process.kill('SIGHUP');
    expect(await readiness(baseUrl)).toBe(200);
    expect(process.exitCode).toBeNull();
  });

  it('K10 SIGTERM is seen by a probe before the port closes, for as long as is set', async () => {
    const { baseUrl, process, ended } = await start({ OTP_DRAIN_SECONDS: '2' });
    expect(await readiness(baseUrl)).toBe(200);
    process.kill('SIGTERM');
    await eventually(async () => (await readiness(baseUrl)) === 503);
    const response = await fetch(`${baseUrl}/healthz`);
    expect(response.status).toBe(200);
    expect(await ended).toEqual({ code: 0, signal: null });
  });
});

describe('an idle connection', () => {
  it('K10 is kept open for as long as is set', async () => {
    const { baseUrl } = await start({ OTP_KEEP_ALIVE_SECONDS: '7' });
    const response = await fetch(`${baseUrl}/healthz`);
    expect(response.headers.get('keep-alive')).toBe('timeout=7');
  });
});
