import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import { SMTPServer } from 'smtp-server';
import { describe, expect, it, onTestFinished } from 'vitest';
import { connectionOutcome } from '../../../server/delivery/vendors/connectionOutcome.js';
import { createSmtp } from '../../../server/delivery/vendors/smtp/send.js';
import { postToVendor } from '../../../server/delivery/vendors/vendorRequest.js';
import { ManualClock } from '../../support/manualClock.js';
import { TLS } from '../http/support/serving.js';
import { messageTo } from './support/subject.js';

const FROM = 'Acme <codes@acme.example>';

async function sendTo(url: string) {
  const provider = createSmtp({ url, from: FROM });
  onTestFinished(() => provider.close());
  return provider.send(messageTo('email'), new AbortController().signal);
}

async function mailServer(options: object) {
  const server = new SMTPServer({
    ...TLS,
    authOptional: true,
    logger: false,
    disableReverseLookup: true,
    closeTimeout: 1,
    ...options,
  });
  server.on('error', () => {});
  server.listen(0, '127.0.0.1');
  await once(server.server, 'listening');
  onTestFinished(() => new Promise<void>((resolve) => server.close(() => resolve())));
  return (server.server.address() as AddressInfo).port;
}

describe('a mail server without a secure connection', () => {
  it('K11 is named so where its certificate is signed by itself', async () => {
    const port = await mailServer({ secure: true });
    expect(await sendTo(`smtps://localhost:${port}`)).toEqual({ kind: 'failed', error: 'TLS_FAILED' });
  });

  it('K11 is named so after STARTTLS', async () => {
    const port = await mailServer({ secure: false });
    expect(await sendTo(`smtp://localhost:${port}`)).toEqual({ kind: 'failed', error: 'TLS_FAILED' });
  });

  it('K11 is named so where it speaks no TLS at all', async () => {
    const server = createServer((socket) =>
      socket.on('error', () => {}).write('220 mail.example ESMTP\r\n'),
    ).listen(0, '127.0.0.1');
    await once(server, 'listening');
    onTestFinished(() => void server.close());
    const { port } = server.address() as AddressInfo;
    expect(await sendTo(`smtps://localhost:${port}`)).toEqual({ kind: 'failed', error: 'TLS_FAILED' });
  });

  it('K11 is unreachable where no server listens, which is something else', async () => {
    expect(await sendTo('smtps://127.0.0.1:1')).toEqual({ kind: 'retry', error: 'UNREACHABLE' });
  });
});

describe('a vendor’s API without a secure connection', () => {
  it('K11 is named so', async () => {
    const server = createTlsServer(TLS, (socket) => socket.on('error', () => {})).listen(0, '127.0.0.1');
    server.on('tlsClientError', () => {});
    await once(server, 'listening');
    onTestFinished(() => void server.close());
    const { port } = server.address() as AddressInfo;
    const outcome = await postToVendor(
      { url: `https://localhost:${port}/`, headers: {}, body: '{}' },
      {
        protocol: { acceptedId: () => undefined, meaningOf: () => undefined },
        message: messageTo('sms'),
        signal: new AbortController().signal,
        clock: new ManualClock(),
      },
    );
    expect(outcome).toEqual({ kind: 'failed', error: 'TLS_FAILED' });
  });

  it.each([
    'CERT_HAS_EXPIRED',
    'ERR_TLS_CERT_ALTNAME_INVALID',
    'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
    'ERR_SSL_WRONG_VERSION_NUMBER',
    'SELF_SIGNED_CERT_IN_CHAIN',
  ])('K11 %s, however deep, is a failure of TLS', (code) => {
    const error = new TypeError('fetch failed', { cause: Object.assign(new Error(), { code }) });
    expect(connectionOutcome(error)).toEqual({ kind: 'failed', error: 'TLS_FAILED' });
  });

  it.each(['ECONNREFUSED', 'ECONNRESET', 'ENOTFOUND', 'UND_ERR_SOCKET'])('K11 %s is none', (code) => {
    const error = new TypeError('fetch failed', { cause: Object.assign(new Error(), { code }) });
    expect(connectionOutcome(error)).toEqual({ kind: 'retry', error: 'UNREACHABLE' });
  });
});
