import { type Client, createClient } from '@connectrpc/connect';
import { createConnectTransport } from '@connectrpc/connect-node';
import { beforeAll, describe, expect, it } from 'vitest';
import { bearing } from '../../clients/calling/credential.js';
import { InboxService } from '../../gen/otp/admin/v1/inbox_service_pb.js';
import type { Clock } from '../../server/platform/clock.js';
import { systemClock } from '../../server/platform/clock.js';
import { connectJson } from '../support/connectJson.js';
import { type Engine, eachEngine } from '../support/engines.js';
import { eventually } from '../support/eventually.js';
import type { TestService } from '../support/service.js';
import { serviceForSuite } from '../support/serviceForSuite.js';

const INBOX = 'otp.admin.v1.InboxService';

eachEngine((engine: Engine) => {
  const service: TestService<Clock> = serviceForSuite(async () => ({
    clock: systemClock,
    documents: await engine.open({ clock: systemClock, ttl: true }),
  }));
  let inbox: ReturnType<typeof connectJson>;
  let send: (recipients: Readonly<Record<string, string>>) => Promise<string>;
  beforeAll(() => {
    inbox = connectJson(service.baseUrl, service.inboxToken);
    const call = connectJson(service.baseUrl, service.liveKey);
    send = async (recipients) => (await call('otp.v1.OtpService/Send', { recipients })).body.session.id;
  });
  const arrived = async (recipient: string, wait = '10s') =>
    (await inbox(`${INBOX}/GetLastCode`, { recipient, wait })).body;
  const simulate = (...channels: readonly object[]) => inbox(`${INBOX}/UpdateChaos`, { chaos: { channels } });

  describe('ListInboxMessages', () => {
    it('finds messages by recipient, channel, session and words, newest first, page by page', async () => {
      const sessionId = await send({ email: 'list@example.com' });
      await arrived('list@example.com');
      await send({ sms: '+573005550201' });
      const { message } = await arrived('+57 300 555 0201');
      const list = async (request: object) => (await inbox(`${INBOX}/ListInboxMessages`, request)).body;

      const { messages } = await list({ recipient: 'LIST@example.com' });
      expect(messages).toHaveLength(1);
      expect(messages[0]).toMatchObject({
        to: 'list@example.com',
        channel: 'CHANNEL_EMAIL',
        workspace: 'default',
        sessionId,
      });
      expect(messages[0].source).toContain('Auto-Submitted: auto-generated');
      expect(messages[0].text).toContain(messages[0].code);
      for (const filter of [{ sessionId }, { query: 'LIST@EXAMPLE' }, { channel: 'CHANNEL_EMAIL' }])
        expect((await list(filter)).messages, JSON.stringify(filter)).toEqual(messages);
      expect((await list({ after: message.at })).messages ?? []).toEqual([]);

      const first = await list({ pageSize: 1 });
      expect(first.messages).toEqual([message]);
      const second = await list({ pageSize: 1, pageToken: first.nextPageToken });
      expect(second.messages).toEqual(messages);
      expect(second.nextPageToken ?? '').toBe('');
    });

    it('refuses what is no recipient and no page token', async () => {
      const bad = await inbox(`${INBOX}/ListInboxMessages`, { recipient: 'nobody' });
      expect(bad.reason).toBe('INVALID_RECIPIENT');
      expect((await inbox(`${INBOX}/ListInboxMessages`, { pageToken: 'x' })).reason).toBe('INVALID_REQUEST');
      for (const pageSize of [-1, 101])
        expect((await inbox(`${INBOX}/ListInboxMessages`, { pageSize })).reason).toBe('INVALID_REQUEST');
      expect((await inbox(`${INBOX}/GetLastCode`, { recipient: 'a@b.co', wait: '31s' })).reason).toBe(
        'INVALID_REQUEST',
      );
    });
  });

  describe('PreviewInboxMessage', () => {
    it('shows the HTML once, where it can run and load nothing', async () => {
      await send({ email: 'html@example.com' });
      const { message } = await arrived('html@example.com');
      const { body } = await inbox(`${INBOX}/PreviewInboxMessage`, { id: message.id });
      const response = await fetch(service.baseUrl + body.path);
      expect(await response.text()).toBe(message.html);
      const policy = response.headers.get('content-security-policy') ?? '';
      for (const rule of ['sandbox;', "default-src 'none'", "frame-ancestors 'self'"])
        expect(policy).toContain(rule);
      expect((await fetch(service.baseUrl + body.path)).status).toBe(404);
    });

    it('knows nothing of a text message and of no message', async () => {
      await send({ sms: '+573005550202' });
      const { message } = await arrived('+573005550202');
      for (const { id } of [message, { id: '01b92571-ea00-7680-9141-a7e17e33e7c6' }])
        expect((await inbox(`${INBOX}/PreviewInboxMessage`, { id })).reason).toBe('NOT_FOUND');
    });
  });

  describe('WatchInboxMessages', () => {
    it('streams messages as they arrive, those of one recipient where one is named', async () => {
      const client: Client<typeof InboxService> = createClient(
        InboxService,
        createConnectTransport({
          baseUrl: service.baseUrl,
          httpVersion: '1.1',
          interceptors: [bearing(service.inboxToken)],
        }),
      );
      const leaving = new AbortController();
      const stream = client.watchInboxMessages(
        { recipient: 'watched@example.com' },
        { signal: leaving.signal },
      );
      const next = async () => {
        for await (const { message } of stream) return message;
        return undefined;
      };
      const responses = stream[Symbol.asyncIterator]();
      // The first one says that the stream is open.
      expect((await responses.next()).value.message).toBeUndefined();
      await send({ email: 'unwatched@example.com' });
      await send({ email: 'watched@example.com' });
      expect((await responses.next()).value.message.to).toBe('watched@example.com');
      leaving.abort();
      await expect(next()).rejects.toThrow();
    });
  });

  describe('DeleteInboxMessages', () => {
    it('deletes those to one recipient, or all', async () => {
      await send({ email: 'gone@example.com' });
      await send({ email: 'stays@example.com' });
      await arrived('gone@example.com');
      await arrived('stays@example.com');
      const one = await inbox(`${INBOX}/DeleteInboxMessages`, { recipient: 'gone@example.com' });
      expect(one.body).toEqual({ deleted: 1 });
      expect((await inbox(`${INBOX}/GetLastCode`, { recipient: 'gone@example.com' })).reason).toBe(
        'NOT_FOUND',
      );
      expect((await inbox(`${INBOX}/DeleteInboxMessages`, {})).body.deleted).toBeGreaterThan(0);
      expect((await inbox(`${INBOX}/ListInboxMessages`, {})).body.messages ?? []).toEqual([]);
    });
  });

  describe('UpdateChaos', () => {
    const stateOf = async (sessionId: string) => {
      const call = connectJson(service.baseUrl, service.liveKey);
      const { body } = await call('otp.v1.OtpService/GetSession', { sessionId });
      return body.session.channels[0];
    };

    it('is off after a start', async () => {
      expect((await inbox(`${INBOX}/GetChaos`, {})).body.chaos.channels ?? []).toEqual([]);
    });

    it('refuses messages as the vendor that has the code does', async () => {
      const faults = { channel: 'CHANNEL_SMS', refusePercent: 100, vendorCode: '30003' };
      expect((await simulate(faults)).body.chaos.channels).toEqual([{ ...faults, delay: '5s' }]);
      const refused = await send({ sms: '+573005550203' });
      const { deliveryError } = await eventually(async () => {
        const state = await stateOf(refused);
        return state.deliveryState === 'DELIVERY_STATE_FAILED' && state;
      });
      expect(deliveryError).toBe('RECIPIENT_UNAVAILABLE');

      await simulate({ channel: 'CHANNEL_EMAIL', refusePercent: 100, vendorCode: '550' });
      const mail = await send({ email: 'refused@example.com' });
      await eventually(async () => (await stateOf(mail)).deliveryError === 'WRONG_RECIPIENT');
      await simulate();
    });

    it('loses messages that were accepted, and lets others arrive late', async () => {
      await simulate(
        { channel: 'CHANNEL_SMS', dropPercent: 100 },
        { channel: 'CHANNEL_EMAIL', delayPercent: 100, delay: '1s' },
      );
      const lost = await send({ sms: '+573005550204' });
      await eventually(async () => (await stateOf(lost)).deliveryState === 'DELIVERY_STATE_ACCEPTED');
      const late = await send({ email: 'late@example.com' });
      await eventually(async () => (await stateOf(late)).deliveryState === 'DELIVERY_STATE_ACCEPTED');
      expect((await inbox(`${INBOX}/GetLastCode`, { recipient: '+573005550204' })).reason).toBe('NOT_FOUND');
      expect((await arrived('late@example.com')).code).toMatch(/^\d{6}$/);
      await simulate();
    });

    it.each([
      [
        'more than 100 in all',
        [{ channel: 'CHANNEL_SMS', refusePercent: 60, dropPercent: 41 }],
        'chaos.channels[0]',
      ],
      [
        'one probability beyond 100',
        [{ channel: 'CHANNEL_SMS', dropPercent: 101 }],
        'chaos.channels[0].drop_percent',
      ],
      [
        'a channel twice',
        [{ channel: 'CHANNEL_SMS' }, { channel: 'CHANNEL_SMS' }],
        'chaos.channels[1].channel',
      ],
      ['a delay beyond a minute', [{ channel: 'CHANNEL_SMS', delay: '61s' }], 'chaos.channels[0].delay'],
    ])('refuses %s, by name', async (_title, channels, field) => {
      const { reason, fields } = await inbox(`${INBOX}/UpdateChaos`, { chaos: { channels } });
      expect({ reason, field: fields[0] }).toEqual({ reason: 'INVALID_REQUEST', field });
      expect((await simulate({ channel: 'CHANNEL_SMS', refusePercent: 60, dropPercent: 40 })).status).toBe(
        200,
      );
      await simulate();
    });
  });
});
