import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import type { Message, Outcome } from '../../../server/delivery/provider.js';
import { ManualClock } from '../../support/manualClock.js';
import { HTTP_SUBJECTS } from './support/httpSubjects.js';
import { type Bench, messageTo, type Subject } from './support/subject.js';

const clock = new ManualClock(Math.floor(Date.now() / 1000) * 1000);
let bench: Bench;
afterEach(async () => {
  await bench.close();
  expect(bench.complaints).toEqual([]);
});

const subjectOf = (title: string): Subject => HTTP_SUBJECTS.find((subject) => subject.title === title)!;
const give = (subject: Subject, more: Partial<Message> = {}): Promise<Outcome> =>
  bench.provider.send({ ...messageTo(subject.channel, clock.now()), ...more }, new AbortController().signal);

/** The request by which a vendor was given one message. */
async function requestOf(title: string, more: Partial<Message> = {}) {
  const subject = subjectOf(title);
  bench = await subject.start(clock);
  expect(await give(subject, more)).toMatchObject({ kind: 'accepted' });
  return bench.seen[0]!;
}
const form = async (title: string, more?: Partial<Message>) =>
  Object.fromEntries(new URLSearchParams((await requestOf(title, more)).body));
const json = async (title: string, more?: Partial<Message>) =>
  JSON.parse((await requestOf(title, more)).body);

const TEXTS = 'Twilio, text messages';
const TEMPLATE = 'Twilio, WhatsApp by template';

describe('how long a vendor may keep a message', () => {
  it.each([
    [300, '300'],
    [0.5, '1'],
    [-10, '1'],
    [36_000, '36000'],
    [36_001, '36000'],
  ])('Twilio, %d s before its end: %s s', async (seconds, validity) => {
    const expiresAt = clock.now() + seconds * 1000;
    expect(await form(TEXTS, { expiresAt })).toMatchObject({ ValidityPeriod: validity });
  });

  it.each([
    [300.9, 300],
    [20, 20],
    [5, 20],
  ])('Vonage, %d s before its end: %d s', async (seconds, ttl) => {
    expect(await json('Vonage', { expiresAt: clock.now() + seconds * 1000 })).toMatchObject({ ttl });
  });
});

describe('whom a message comes from', () => {
  const service = `MG${'0a'.repeat(16)}`;
  it.each([
    [undefined, { From: '+15005550006' }],
    ['Acme', { From: 'Acme' }],
    ['12345', { From: '12345' }],
    ['+573001234542', { From: '+573001234542' }],
    [service, { MessagingServiceSid: service }],
  ])('Twilio, sender %s: %j', async (from, fields) => {
    const { From, MessagingServiceSid } = await form(TEXTS, from === undefined ? {} : { from });
    expect({ ...(From && { From }), ...(MessagingServiceSid && { MessagingServiceSid }) }).toEqual(fields);
  });

  it('Twilio, WhatsApp: the service’s number, or the workspace’s own', async () => {
    expect(await form(TEMPLATE)).toMatchObject({ From: 'whatsapp:+15005550007' });
    await bench.close();
    const own = await form(TEMPLATE, { from: '+573001234542' });
    expect(own).toMatchObject({ From: 'whatsapp:+573001234542', To: 'whatsapp:+573015550142' });
  });

  it.each([
    [undefined, 'Acme'],
    ['Other1', 'Other1'],
    ['+573001234542', '573001234542'],
    ['12345', '12345'],
  ])('Vonage, sender %s: %s', async (from, given) => {
    expect(await json('Vonage', from === undefined ? {} : { from })).toMatchObject({ from: given });
  });

  it.each([
    [undefined, 'AWS.SNS.SMS.SenderID', 'Acme-1'],
    ['Other', 'AWS.SNS.SMS.SenderID', 'Other'],
    ['+573001234542', 'AWS.MM.SMS.OriginationNumber', '+573001234542'],
    ['12345', 'AWS.MM.SMS.OriginationNumber', '12345'],
  ])('AWS SNS, sender %s: %s %s', async (from, name, value) => {
    expect(await form('AWS SNS', from === undefined ? {} : { from })).toMatchObject({
      'MessageAttributes.entry.2.Name': name,
      'MessageAttributes.entry.2.Value.StringValue': value,
    });
  });

  it.each([
    [undefined, '106540352242922'],
    ['+573001234542', '106540352242923'],
  ])('WhatsApp Cloud, sender %s: number %s', async (from, id) => {
    const { path } = await requestOf('WhatsApp Cloud', from === undefined ? {} : { from });
    expect(path).toBe(`/v25.0/${id}/messages`);
  });
});

describe('the language of a WhatsApp template', () => {
  it.each([
    ['es', 'es'],
    ['es-CO', 'es'],
    ['pt-BR', 'pt_BR'],
    ['pt-PT', 'pt_BR'],
    ['EN-us', 'en_US'],
    ['de', 'en_US'],
  ])('for %s is %s', async (locale, code) => {
    const { template } = await json('WhatsApp Cloud', { locale });
    expect(template.language).toEqual({ code });
  });
});

describe('the body of the delivery webhook', () => {
  it('is the whole message, and no more than there is of it', async () => {
    const expiresAt = Date.UTC(2030, 0, 15, 12, 5);
    const message = messageTo('sms');
    expect(await json('The delivery webhook', { expiresAt })).toEqual({
      message_id: message.id,
      channel: 'sms',
      to: message.to,
      text: message.text,
      code: message.code,
      locale: 'es-CO',
      session_id: message.sessionId,
      workspace: 'acme',
      expires_at: '2030-01-15T12:05:00.000Z',
    });
    await bench.close();
    const mail = { ...messageTo('email'), html: '<b>402917</b>', from: 'codes@acme.example' };
    expect(await json('The delivery webhook', mail)).toMatchObject({
      channel: 'email',
      to: mail.to,
      from: 'codes@acme.example',
      subject: 'Your Acme code',
      html: '<b>402917</b>',
    });
  });
});

describe('any text from any sender', () => {
  const text = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 1_700 });
  const from = fc.oneof(fc.string({ maxLength: 13 }), fc.stringMatching(/^\+?[0-9]{1,16}$/));

  it.each([TEXTS, 'Vonage', 'AWS SNS'])(
    '%s: as documented and sign by sign, or not at all',
    async (title) => {
      const subject = subjectOf(title);
      bench = await subject.start(clock);
      await fc.assert(
        fc.asyncProperty(text, from, async (words, sender) => {
          const before = bench.requests();
          const outcome = await give(subject, { text: words, from: sender });
          if (outcome.kind === 'accepted') expect(bench.taken.at(-1)?.text).toBe(words);
          else expect({ outcome, asked: bench.requests() - before }).toEqual({ outcome: REFUSED, asked: 0 });
          expect(bench.complaints).toEqual([]);
        }),
      );
      // Some of both, or nothing was shown.
      expect(bench.requests()).toBeGreaterThan(0);
      expect(bench.requests()).toBeLessThan(100);
    },
  );
});

const REFUSED: Outcome = { kind: 'failed', error: 'REFUSED' };
