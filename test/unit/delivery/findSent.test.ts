import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { pino } from 'pino';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createFindSent } from '../../../server/delivery/findSent.js';
import type { Message, Provider } from '../../../server/delivery/provider.js';
import { createTwilio } from '../../../server/delivery/vendors/twilio/send.js';
import { ManualClock } from '../../support/manualClock.js';
import { sampleSession } from '../session/support/sampleSession.js';

const MESSAGE: Message = {
  id: 'acme/a/sms/1',
  channel: 'sms',
  to: '+573005550501',
  text: '482913 is your code.',
  code: '482913',
  locale: 'en',
  workspace: 'acme',
  sessionId: 'a',
  expiresAt: 0,
};

describe('a message of a process that has ended', () => {
  let server: Server;
  let twilio: Provider;
  let listed: unknown = [];
  let status = 200;
  const asked: string[] = [];
  beforeAll(async () => {
    server = createServer((request, response) => {
      asked.push(`${request.method} ${request.url} ${request.headers.authorization}`);
      response.writeHead(status, { 'content-type': 'application/json' });
      response.end(JSON.stringify({ messages: listed }));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    twilio = createTwilio(
      {
        url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
        accountSid: 'AC1',
        authToken: 'secret',
        from: '+15005550006',
        whatsappFrom: undefined,
        whatsappContentSid: undefined,
      } as Parameters<typeof createTwilio>[0],
      { clock: new ManualClock(), callbackUrl: undefined },
    );
  });
  afterAll(() => new Promise((resolve) => server.close(resolve)));
  beforeEach(() => {
    asked.length = 0;
    status = 200;
  });

  const log = pino({ level: 'silent' });
  const search = (provider: Provider | undefined) =>
    createFindSent({
      buildMessage: async () => MESSAGE,
      providerOf: async () => provider,
      clock: new ManualClock(),
      log,
    })();
  const find = (provider: Provider | undefined) => search(provider)(sampleSession(), 'sms', 'twilio');

  it('is found at Twilio by its recipient and its words, which have the code in them', async () => {
    listed = [
      { sid: 'SM3', body: '111111 is your code.', direction: 'outbound-api' },
      { sid: 'SM2', body: MESSAGE.text, direction: 'inbound' },
      { sid: 'SM1', body: MESSAGE.text, direction: 'outbound-api' },
    ];
    expect(await find(twilio)).toEqual({ vendorId: 'SM1' });
    const basic = Buffer.from('AC1:secret').toString('base64');
    expect(asked).toEqual([
      `GET /2010-04-01/Accounts/AC1/Messages.json?To=%2B573005550501&PageSize=50 Basic ${basic}`,
    ]);
  });

  it('is not there where Twilio lists none like it', async () => {
    listed = [{ sid: 'SM3', body: '111111 is your code.', direction: 'outbound-api' }];
    expect(await find(twilio)).toBeUndefined();
    listed = 'nothing';
    expect(await find(twilio)).toBeUndefined();
  });

  it('is not looked for where the vendor cannot be asked, or is no longer configured', async () => {
    const { find: _none, ...mute } = twilio;
    expect(await find(mute)).toBeUndefined();
    expect(await find(undefined)).toBeUndefined();
    expect(asked).toEqual([]);
  });

  it('is looked for once where the vendor does not respond as it should', async () => {
    status = 503;
    const one = search(twilio);
    expect(await one(sampleSession(), 'sms', 'twilio')).toBeUndefined();
    expect(await one(sampleSession(), 'sms', 'twilio')).toBeUndefined();
    expect(asked).toHaveLength(1);
  });
});
