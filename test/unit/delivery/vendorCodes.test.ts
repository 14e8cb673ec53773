import { afterEach, describe, expect, it } from 'vitest';
import type { Message, Outcome } from '../../../server/delivery/provider.js';
import type { ErrorMeaning } from '../../../server/delivery/vendors/errorTable.js';
import { VENDORS } from '../../../server/delivery/vendors/index.js';
import { smtpMeaning } from '../../../server/delivery/vendors/smtp/errors.js';
import { ManualClock } from '../../support/manualClock.js';
import { HTTP_SUBJECTS } from './support/httpSubjects.js';
import { codesOf, type Kind, PUBLISHED, type PublishedCodes } from './support/published.js';
import { ADDRESSES, type Bench, CODE, messageTo } from './support/subject.js';
import { SNS_ERRORS, STATUS_ERRORS } from './support/vendors/errorTables.js';

const tableOf = ({ vendor }: PublishedCodes) => VENDORS.find(({ name }) => name === vendor)!.errors!;

const WORDS: Readonly<Record<Kind, readonly string[]>> = {
  recipient: ['WRONG_RECIPIENT', 'RECIPIENT_UNAVAILABLE'],
  optOut: ['OPTED_OUT'],
  message: ['REFUSED'],
  account: ['MISCONFIGURED'],
  limit: ['RATE_LIMITED', 'QUOTA_EXCEEDED'],
  fault: ['HTTP_500', 'HTTP_503', 'PROVIDER_FAULT', 'REQUEST_EXPIRED', 'TIMEOUT'],
  expired: ['EXPIRED'],
  byText: [],
  byCommand: [],
};
const wordOf = (meaning: ErrorMeaning | undefined) => (typeof meaning === 'object' ? meaning.retry : meaning);

describe.each(PUBLISHED)('the published codes of $vendor', (published) => {
  const table = tableOf(published);
  const codes = codesOf(published);

  it('K4 are all classed, each as the kind of trouble that the vendor describes', () => {
    const wrong = codes.filter(({ code, kind }) => {
      if (WORDS[kind].length > 0) return !WORDS[kind].includes(wordOf(table.meaningOf(code)) ?? '');
      return !table.others.some((row) => row.codes.map(String).includes(String(code)));
    });
    expect(wrong).toEqual([]);
  });

  it('K4 are listed once, with their source and its date, and the table has no other', () => {
    const listed = codes.map(({ code }) => String(code));
    expect(listed).toEqual([...new Set(listed)]);
    const inTable = table.rows.flatMap((row) => row.codes).filter((code) => typeof code !== 'object');
    expect(inTable.map(String).filter((code) => !listed.includes(code))).toEqual([]);
    for (const { source, date } of published.sources)
      expect({ source, date }).not.toEqual({ source: '', date: '' });
    expect(published.completeness).not.toBe('');
  });
});

describe('over the wire', () => {
  const clock = new ManualClock(Math.floor(Date.now() / 1000) * 1000);
  let bench: Bench;
  afterEach(async () => {
    await bench.close();
    expect(bench.complaints).toEqual([]);
  });
  const start = async (title: string) => {
    const subject = HTTP_SUBJECTS.find((one) => one.title === title)!;
    bench = await subject.start(clock);
    const message: Message = messageTo(subject.channel, clock.now());
    return { subject, send: () => bench.provider.send(message, new AbortController().signal) };
  };

  const TITLES: Readonly<Record<string, string>> = {
    twilio: 'Twilio, text messages',
    vonage: 'Vonage',
    'whatsapp-cloud': 'WhatsApp Cloud',
    sns: 'AWS SNS',
  };
  const overHttp = PUBLISHED.filter(({ vendor }) => vendor in TITLES);

  it.each(overHttp)(
    'K4 every published code of $vendor has its outcome, and the code is kept',
    async (published) => {
      const { send } = await start(TITLES[published.vendor]!);
      const table = tableOf(published);
      for (const { code, kind } of codesOf(published)) {
        bench.refuse({ status: 400, code: String(code), outcome: { kind: 'failed', error: 'REFUSED' } });
        const outcome = await send();
        const meaning = table.meaningOf(code);
        expect({ code, outcome }).toMatchObject({ code, outcome: { vendor: { code: String(code) } } });
        if (kind === 'byText') expect(outcome).toMatchObject({ kind: 'failed', error: 'WRONG_RECIPIENT' });
        else if (meaning === 'EXPIRED') expect(outcome).toMatchObject({ kind: 'retry' });
        else if (typeof meaning === 'string')
          expect(outcome).toMatchObject({ kind: 'failed', error: meaning });
        else expect(outcome).toMatchObject({ kind: 'retry', error: meaning!.retry });
        const said = JSON.stringify(outcome);
        for (const secret of [CODE, ADDRESSES.sms.slice(1), ADDRESSES.sms.slice(3), 'Acme code'])
          expect(said).not.toContain(secret);
      }
    },
  );

  it.each(overHttp)('K4 an unlisted code of $vendor is judged by its HTTP status', async ({ vendor }) => {
    const { send } = await start(TITLES[vendor]!);
    for (const row of STATUS_ERRORS) {
      bench.refuse({ ...row, code: '99' });
      expect(await send()).toMatchObject(row.outcome);
    }
  });

  const examples: readonly (readonly [string, string, string, Partial<Outcome>])[] = [
    ['a full queue of the sender is not final', 'Twilio, text messages', '21611', { kind: 'retry' }],
    [
      'a sender that is not registered is the account',
      'Twilio, text messages',
      '30034',
      { kind: 'failed', error: 'MISCONFIGURED' },
    ],
    [
      'a trial account is the account',
      'Twilio, text messages',
      '21219',
      { kind: 'failed', error: 'MISCONFIGURED' },
    ],
    ['STOP has a word of its own', 'Twilio, text messages', '21610', { kind: 'failed', error: 'OPTED_OUT' }],
    [
      'a phone that is off exists',
      'Twilio, text messages',
      '30003',
      { kind: 'failed', error: 'RECIPIENT_UNAVAILABLE' },
    ],
    ['a missing parameter', 'WhatsApp Cloud', '131008', { kind: 'failed', error: 'REFUSED' }],
    ['an invalid parameter', 'WhatsApp Cloud', '131009', { kind: 'failed', error: 'REFUSED' }],
    ['a parameter of the template', 'WhatsApp Cloud', '132018', { kind: 'failed', error: 'MISCONFIGURED' }],
    ['an opt-out', 'WhatsApp Cloud', '131050', { kind: 'failed', error: 'OPTED_OUT' }],
    ['an absent subscriber', 'Vonage', '1180', { kind: 'failed', error: 'RECIPIENT_UNAVAILABLE' }],
    ['an opt-out', 'Vonage', '1240', { kind: 'failed', error: 'OPTED_OUT' }],
    ['no balance', 'Vonage', 'low-balance', { kind: 'failed', error: 'MISCONFIGURED' }],
    ['an opt-out', 'AWS SNS', 'OptedOut', { kind: 'failed', error: 'OPTED_OUT' }],
    ['throttling by the key service', 'AWS SNS', 'KMSThrottling', { kind: 'retry', error: 'RATE_LIMITED' }],
  ];
  it.each(examples)('K4 %s: %s %s is %j', async (_, title, code, outcome) => {
    const { send } = await start(title);
    bench.refuse({ status: 400, code, outcome: { kind: 'failed', error: 'REFUSED' } });
    expect(await send()).toMatchObject(outcome);
  });

  it('K4 an SNS parameter is the recipient only where the text names it', async () => {
    expect(SNS_ERRORS.map(({ code }) => code)).toContain('InvalidParameter');
    const { send } = await start('AWS SNS');
    bench.refuse({
      status: 400,
      code: 'ParameterValueInvalid',
      outcome: { kind: 'failed', error: 'REFUSED' },
    });
    expect(await send()).toMatchObject({ kind: 'failed', error: 'WRONG_RECIPIENT' });
  });
});

describe('a final reply of an SMTP server', () => {
  const read = (responseCode: number, enhanced: string | undefined, command = 'RCPT TO') =>
    smtpMeaning({ responseCode, enhanced, command });

  it.each([
    ['5.1.1', 'WRONG_RECIPIENT'],
    ['5.1.6', 'WRONG_RECIPIENT'],
    ['5.1.10', 'WRONG_RECIPIENT'],
    ['5.2.1', 'WRONG_RECIPIENT'],
    ['5.2.2', 'RECIPIENT_UNAVAILABLE'],
    ['5.2.3', 'REFUSED'],
    ['5.4.4', 'REFUSED'],
    ['5.4.5', 'QUOTA_EXCEEDED'],
    ['5.1.8', 'MISCONFIGURED'],
    ['5.7.1', 'REFUSED'],
    ['5.7.23', 'MISCONFIGURED'],
    ['5.7.26', 'MISCONFIGURED'],
    ['5.6.7', 'REFUSED'],
    ['5.3.2', 'REFUSED'],
    ['5.99.99', 'WRONG_RECIPIENT'],
    ['5.0.0', 'WRONG_RECIPIENT'],
    [undefined, 'WRONG_RECIPIENT'],
  ])('K3 550 %s after RCPT TO is %s', (enhanced, word) => expect(read(550, enhanced)).toBe(word));

  it.each([
    [550, '5.1.1', 'DATA', 'WRONG_RECIPIENT'],
    [552, '5.2.2', 'DATA', 'RECIPIENT_UNAVAILABLE'],
    [550, undefined, 'DATA', 'REFUSED'],
    [550, '5.1.1', 'MAIL FROM', 'MISCONFIGURED'],
    [550, undefined, 'MAIL FROM', 'REFUSED'],
    [552, undefined, 'RCPT TO', 'RECIPIENT_UNAVAILABLE'],
    [554, undefined, 'RCPT TO', 'REFUSED'],
    [556, undefined, 'RCPT TO', 'WRONG_RECIPIENT'],
    [530, '5.7.0', 'MAIL FROM', 'MISCONFIGURED'],
    [535, undefined, 'AUTH PLAIN', 'MISCONFIGURED'],
  ])('K3 %s %s after %s is %s', (code, enhanced, command, word) =>
    expect(read(code, enhanced, command)).toBe(word),
  );
});
