import fc from 'fast-check';
import { createTransport } from 'nodemailer';
import PostalMime from 'postal-mime';
import { describe, expect, it } from 'vitest';
import { fromHeader, readSenderId } from '../../../../server/admin/senders/senderIds.js';

describe('sender ids', () => {
  it.each([
    ['email', 'No-Reply@Acme.Example', 'no-reply@acme.example'],
    ['sms', 'ACM', 'ACM'],
    ['sms', 'Acme & Co. 24-7_x', 'Acme & Co. 24-7_x'],
    ['sms', 'A'.repeat(20), 'A'.repeat(20)],
    ['sms', '72772', '72772'],
    ['sms', '+57 300 123 4542', '+573001234542'],
    ['whatsapp', '+573001234542', '+573001234542'],
  ] as const)('%s takes %j', (channel, text, id) => {
    expect(readSenderId(channel, text)).toBe(id);
  });

  it.each([
    ['email', 'Acme'],
    ['email', 'Acme <no-reply@acme.example>'],
    ['email', 'no-reply@acme.example\r\nBcc: x@y.example'],
    ['sms', 'AC'],
    ['sms', 'A'.repeat(21)],
    ['sms', ' ACME'],
    ['sms', 'ACME '],
    ['sms', 'AC\nME'],
    ['sms', 'AC/ME'],
    ['sms', 'ÁCME'],
    ['sms', '+12'],
    ['sms', 'no-reply@acme.example'],
    ['whatsapp', 'ACME'],
    ['whatsapp', '573001234542'],
  ] as const)('%s refuses %j', (channel, text) => {
    expect(readSenderId(channel, text)).toBeUndefined();
  });
});

describe('the From header of an e-mail sender', () => {
  const transport = createTransport({ streamTransport: true, buffer: true });
  const read = async (from: string) => {
    const { message } = await transport.sendMail({ from, to: 'a@example.com', subject: 's', text: 't' });
    return PostalMime.parse(message as Buffer);
  };

  it('is the bare address without a name', () => {
    expect(fromHeader('no-reply@acme.example', undefined)).toBe('no-reply@acme.example');
    expect(fromHeader('no-reply@acme.example', '')).toBe('no-reply@acme.example');
  });

  it.each([
    'Acme',
    'Acme, Inc.',
    'Ana "la jefa" Díaz',
    'Evil" <evil@evil.example>, "',
    'x@y.example <evil@evil.example>',
    'back\\slash\\',
    '=?utf-8?q?not_a_word?=',
    'Группа 集团 👩‍👩‍👧',
    '(a comment);:',
  ])('says the name %j and no address but its own', async (name) => {
    const { from, bcc, headers } = await read(fromHeader('no-reply@acme.example', name));
    expect(from?.address).toBe('no-reply@acme.example');
    expect(headers.filter(({ key }) => key === 'from')).toHaveLength(1);
    expect(bcc).toBeUndefined();
    if (!name.startsWith('=?')) expect(from?.name).toBe(name);
  });

  it('names one sender for any name, and it is its own', async () => {
    const name = fc
      .string({
        unit: fc.oneof(
          fc.constantFrom('"', '\\', '<', '>', '@', ',', ';', ':', '(', ')', ' '),
          fc.string({ unit: 'binary', minLength: 1, maxLength: 1 }),
        ),
        maxLength: 78,
      })
      .filter((text) => /^[^\p{Cc}\p{Zl}\p{Zp}\p{Cs}]*$/u.test(text));
    await fc.assert(
      fc.asyncProperty(name, async (text) => {
        const { from, headers } = await read(fromHeader('no-reply@acme.example', text));
        expect(from?.address).toBe('no-reply@acme.example');
        expect(headers.filter(({ key }) => key === 'from')).toHaveLength(1);
      }),
      { numRuns: 40 },
    );
  });
});
