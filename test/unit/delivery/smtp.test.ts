import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Message, Provider } from '../../../server/delivery/provider.js';
import { createSmtp } from '../../../server/delivery/vendors/smtp/send.js';
import { eventually } from '../../support/eventually.js';
import {
  type Misbehaviour,
  type RecordingSmtp,
  type Step,
  startRecordingSmtp,
} from '../../support/recordingSmtp.js';
import { withoutVendor } from './support/subject.js';

const FROM = 'Countersign <no-reply@sender.example>';

let smtp: RecordingSmtp;
let provider: Provider;
beforeEach(async () => {
  smtp = await startRecordingSmtp();
  provider = createSmtp({ url: smtp.url, from: FROM });
});
afterEach(async () => {
  await provider.close();
  await smtp.close();
});

const message = (more: Partial<Message> = {}): Message => ({
  id: 'acme/0190a1b2-c3d4-7e5f-8a9b-0c1d2e3f4a5b/email/1',
  channel: 'email',
  to: 'person@example.com',
  subject: 'Your Acme code',
  text: '402917 is your Acme code.',
  html: '<p><b>402917</b> is your Acme code.</p>',
  code: '402917',
  locale: 'en',
  workspace: 'acme',
  sessionId: '0190a1b2-c3d4-7e5f-8a9b-0c1d2e3f4a5b',
  expiresAt: Date.UTC(2030, 0, 15, 12, 5),
  ...more,
});
const send = (more: Partial<Message> = {}, signal = new AbortController().signal) =>
  provider.send(message(more), signal);

describe('an e-mail over SMTP', () => {
  it('arrives with its subject, both its parts, its sender and its one recipient', async () => {
    expect(await send()).toEqual({ kind: 'accepted', vendorId: expect.any(String) });
    expect(smtp.mails).toHaveLength(1);
    const { from, to, parsed } = smtp.mails[0]!;
    expect({ from, to }).toEqual({ from: 'no-reply@sender.example', to: ['person@example.com'] });
    expect(parsed).toMatchObject({
      from: { name: 'Countersign', address: 'no-reply@sender.example' },
      to: [{ address: 'person@example.com' }],
      subject: 'Your Acme code',
      attachments: [],
    });
    expect(parsed.text?.trim()).toBe('402917 is your Acme code.');
    expect(parsed.html?.trim()).toBe('<p><b>402917</b> is your Acme code.</p>');
  });

  it('has text only where there is nothing else', async () => {
    const { html: _none, ...plain } = message();
    await provider.send(plain, new AbortController().signal);
    expect(smtp.mails[0]?.parsed.html).toBeUndefined();
    expect(smtp.mails[0]?.parsed.text?.trim()).toBe('402917 is your Acme code.');
  });

  it('survives any script and sign', async () => {
    const text = 'Tu código: 402917 — «Ñandú» 日本 😀\n.\n..\nFrom here';
    await send({ subject: 'Código de Ñandú 😀', text });
    expect(smtp.mails[0]?.parsed.subject).toBe('Código de Ñandú 😀');
    expect(smtp.mails[0]?.parsed.text?.replaceAll('\r\n', '\n').trim()).toBe(text);
  });

  it('comes from the workspace’s own sender where it has one', async () => {
    await send({ from: '"Acme, Inc." <codes@acme.example>' });
    expect(smtp.mails[0]?.from).toBe('codes@acme.example');
    expect(smtp.mails[0]?.parsed.from).toEqual({ name: 'Acme, Inc.', address: 'codes@acme.example' });
  });

  it('has the same id on every delivery attempt of one message, and another one for the next', async () => {
    await send();
    await send();
    await send({ id: 'acme/0190a1b2-c3d4-7e5f-8a9b-0c1d2e3f4a5b/email/2' });
    const [first, again, next] = smtp.mails.map(({ parsed }) => parsed.messageId);
    expect(first).toMatch(/^<[^<>\s]+@[^<>\s]+>$/);
    expect(again).toBe(first);
    expect(next).not.toBe(first);
  });

  it.each([
    [undefined, 'sender.example'],
    ['codes@acme.example', 'acme.example'],
    ['"Acme, Inc." <codes@mail.acme.example>', 'mail.acme.example'],
    ['Acme <codes@müller.example>', 'xn--mller-kva.example'],
  ])('K12 of %s has a Message-ID in the domain of its sender, %s', async (from, domain) => {
    await send(from === undefined ? {} : { from });
    expect(smtp.mails[0]?.parsed.messageId).toMatch(
      new RegExp(`^<[^<>@\\s]+@${domain.replaceAll('.', '\\.')}>$`),
    );
  });

  it('suppresses automatic replies', async () => {
    await send();
    const { headers } = smtp.mails[0]!.parsed;
    expect(headers.find(({ key }) => key === 'auto-submitted')?.value).toBe('auto-generated');
  });

  it('takes no header out of what it is given', async () => {
    await send({
      subject: 'Code\r\nBcc: other@example.com\r\n\r\nbody',
      from: 'A\r\nX-Evil: 1 <a@acme.example>',
    });
    const { to, parsed } = smtp.mails[0]!;
    expect(to).toEqual(['person@example.com']);
    expect(parsed.headers.map(({ key }) => key)).not.toContain('bcc');
    expect(parsed.headers.map(({ key }) => key)).not.toContain('x-evil');
  });

  it('keeps its connections for the next ones', async () => {
    for (let n = 0; n < 5; n++) await send();
    expect(smtp.mails).toHaveLength(5);
    expect(smtp.reached('connect')).toBe(1);
  });
});

describe('what the server says', () => {
  const outcomes: readonly (readonly [Step, Misbehaviour, object])[] = [
    ['connect', 421, { kind: 'retry', error: 'SMTP_421' }],
    ['connect', 'cut', { kind: 'retry', error: 'UNREACHABLE' }],
    ['mail', 451, { kind: 'retry', error: 'SMTP_451' }],
    ['mail', 550, { kind: 'failed', error: 'REFUSED' }],
    ['mail', 'cut', { kind: 'retry', error: 'UNREACHABLE' }],
    ['mail', 421, { kind: 'retry', error: 'SMTP_421' }],
    ['mail', 530, { kind: 'failed', error: 'MISCONFIGURED' }],
    // Greylisted, or full: the server is well, and this message alone waits.
    ['rcpt', 450, { kind: 'retry', error: 'SMTP_450', aboutMessage: true }],
    ['rcpt', 452, { kind: 'retry', error: 'SMTP_452', aboutMessage: true }],
    ['rcpt', 421, { kind: 'retry', error: 'SMTP_421' }],
    ['rcpt', 550, { kind: 'failed', error: 'WRONG_RECIPIENT' }],
    ['rcpt', 553, { kind: 'failed', error: 'WRONG_RECIPIENT' }],
    ['rcpt', '550 5.1.1 no such user', { kind: 'failed', error: 'WRONG_RECIPIENT' }],
    ['rcpt', '550 5.7.1 you may not relay', { kind: 'failed', error: 'REFUSED' }],
    ['rcpt', 'cut', { kind: 'retry', error: 'UNREACHABLE' }],
    ['data', 451, { kind: 'retry', error: 'SMTP_451' }],
    ['data', 554, { kind: 'failed', error: 'REFUSED' }],
    ['data', 'cut', { kind: 'retry', error: 'UNREACHABLE' }],
  ];

  it.each(outcomes)('%s %s: %j, and the next message goes through', async (step, how, outcome) => {
    smtp.misbehave(step, how);
    expect(withoutVendor(await send())).toEqual(outcome);
    expect(smtp.mails).toEqual([]);
    smtp.misbehave(step, undefined);
    expect(await send()).toMatchObject({ kind: 'accepted' });
    expect(smtp.mails).toHaveLength(1);
  });

  it('a lost response is a retry, and one delivery attempt delivers the message once', async () => {
    smtp.misbehave('data', 'taken and cut');
    expect(await send()).toEqual({ kind: 'retry', error: 'UNREACHABLE' });
    expect(smtp.mails).toHaveLength(1);
  });

  it('a server that is not there is a retry', async () => {
    await smtp.close();
    expect(await send()).toEqual({ kind: 'retry', error: 'UNREACHABLE' });
  });

  it('a connection that the server closed in between costs nothing', async () => {
    await send();
    const { port } = smtp;
    await smtp.close();
    smtp = await startRecordingSmtp({ port });
    expect(await send()).toMatchObject({ kind: 'accepted' });
    expect(smtp.mails).toHaveLength(1);
  });

  it('K4 keeps the codes and words of the server, without the address and its parts', async () => {
    smtp.misbehave('rcpt', '550 5.1.1 <person@example.com>: user person unknown at EXAMPLE.COM');
    expect(await send()).toEqual({
      kind: 'failed',
      error: 'WRONG_RECIPIENT',
      vendor: { code: '550_5.1.1', text: '<…>: user … unknown at …' },
    });
  });

  it('K3 a quota of ours is no wrong address', async () => {
    smtp.misbehave('rcpt', '550 5.4.5 Daily user sending limit exceeded');
    expect(await send()).toMatchObject({ kind: 'failed', error: 'QUOTA_EXCEEDED' });
  });
});

describe('a server that asks for a password', () => {
  const withPassword = async (password: string) => {
    await provider.close();
    await smtp.close();
    smtp = await startRecordingSmtp({ password: 'right' });
    provider = createSmtp({ url: `smtp://user:${password}@127.0.0.1:${smtp.port}`, from: FROM });
  };

  it('gets it', async () => {
    await withPassword('right');
    expect(await send()).toMatchObject({ kind: 'accepted' });
    expect(smtp.reached('auth')).toBe(1);
  });

  it('that refuses it: another attempt is pointless', async () => {
    await withPassword('wrong');
    expect(withoutVendor(await send())).toEqual({ kind: 'failed', error: 'MISCONFIGURED' });
  });

  it('that cannot look it up right now is a retry', async () => {
    await withPassword('right');
    smtp.misbehave('auth', 454);
    expect(withoutVendor(await send())).toEqual({ kind: 'retry', error: 'SMTP_454' });
  });
});

describe('a message that is given up', () => {
  it.each(['rcpt', 'data'] as const)(
    'while the server is silent at %s leaves no more, and its connection is closed',
    async (step) => {
      smtp.misbehave(step, 'silence');
      const limit = new AbortController();
      const outcome = send({}, limit.signal);
      await eventually(() => smtp.reached(step) === 1);
      limit.abort();
      expect(await outcome).toEqual({ kind: 'retry', error: 'TIMEOUT' });
      await eventually(() => smtp.open() === 0);
      expect(smtp.mails).toEqual([]);
    },
  );

  it('while it waits for a connection never leaves', async () => {
    smtp.misbehave('rcpt', 'silence');
    const limit = new AbortController();
    const stuck = Array.from({ length: 5 }, () => send({}, limit.signal));
    await eventually(() => smtp.reached('rcpt') === 5);
    const giveUp = new AbortController();
    const waiting = send({ to: 'waiting@example.com' }, giveUp.signal);
    giveUp.abort();
    expect(await waiting).toEqual({ kind: 'retry', error: 'TIMEOUT' });
    smtp.misbehave('rcpt', undefined);
    limit.abort();
    await Promise.all(stuck);
    expect(await send({ to: 'next@example.com' })).toMatchObject({ kind: 'accepted' });
    expect(smtp.mails.map(({ to }) => to)).toEqual([['next@example.com']]);
  });

  it('before it began is not sent at all', async () => {
    expect(await send({}, AbortSignal.abort())).toEqual({ kind: 'retry', error: 'TIMEOUT' });
    expect(smtp.reached('connect')).toBe(0);
  });
});
