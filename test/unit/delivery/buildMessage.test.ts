import { Writable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { createBuildMessage } from '../../../server/delivery/buildMessage.js';
import type { Template } from '../../../server/delivery/defaultTemplates.js';
import type { MessageKind } from '../../../server/delivery/messageKind.js';
import { createLog } from '../../../server/observe/log.js';
import type { StoredChannel, StoredSession } from '../../../server/session/stored.js';
import { ManualClock } from '../../support/manualClock.js';

const clock = new ManualClock();
const CODE = '402917';

const channel: StoredChannel = {
  state: 'PENDING',
  address: 'sealed address',
  masked: 'masked',
  recipient: 'fingerprint',
  codeExpiresAt: new Date(clock.now() + 61_000),
  delivery: { n: 1, state: 'QUEUED', triesLeft: 5, message: 'sealed code' },
};
const session = (more: Partial<StoredSession> = {}) =>
  ({
    _id: 'acme/0190-id',
    locale: 'de-AT',
    expiresAt: new Date(clock.now() + 61_000),
    channels: { email: channel, sms: channel, whatsapp: channel },
    ...more,
  }) as StoredSession;

/** Composes with these templates; what it logs is one line a warning. */
function composing(own: Partial<Record<MessageKind, Template>>, webHost?: string) {
  const warnings: string[] = [];
  const asked: string[] = [];
  const log = createLog(
    'warn',
    new Writable({
      write(chunk, _encoding, done) {
        warnings.push(String(chunk));
        done();
      },
    }),
  );
  const compose = createBuildMessage({
    pageHost: undefined,
    open: (_id, field) => (field.endsWith('address') ? 'the address' : CODE),
    brandingOf: async () => ({ brand: 'Acme', ...(webHost && { webHost }) }),
    templateOf: async (workspace, name, locale) => {
      asked.push(`${workspace} ${name} ${locale}`);
      return own[name];
    },
    clock,
    log,
  });
  return { compose, warnings, asked };
}

describe('a message', () => {
  it('is rendered from the workspace’s own template', async () => {
    const own = {
      email: { subject: '{{ brand }}!', text: '{{ code }} {{ minutes }}', html: '<i>{{ code }}</i>' },
    };
    const { compose, asked } = composing(own);
    expect(await compose(session(), 'email')).toMatchObject({
      subject: 'Acme!',
      text: `${CODE} 2`,
      html: `<i>${CODE}</i>`,
      to: 'the address',
      code: CODE,
    });
    expect(asked).toEqual(['acme email de-AT']);
  });

  it('is the built-in one where the workspace has none', async () => {
    const { compose } = composing({ sms: { text: 'own {{ code }}' } }, 'acme.example');
    expect(await compose(session(), 'email')).toMatchObject({ subject: 'Ihr Acme-Code' });
    expect((await compose(session(), 'whatsapp')).text).toContain(`${CODE} ist Ihr Acme-Code.`);
    expect((await compose(session(), 'sms')).text).toBe(`own ${CODE}\n\n@acme.example #${CODE}`);
  });

  it('is the caller’s own text, where there is one, before any template', async () => {
    const { compose } = composing({
      sms: { text: 'own {{ code }}' },
      email: { subject: 's', text: 'own {{ code }}' },
    });
    const messageTemplate = '<OTP> from the caller';
    expect((await compose(session({ messageTemplate }), 'sms')).text).toBe(`${CODE} from the caller`);
    expect((await compose(session({ messageTemplate }), 'email')).text).toBe(`own ${CODE}`);
  });
});

describe('a message for a transaction', () => {
  const operation = {
    type: 'payment',
    id: '1',
    transaction: {
      amount: '20.00',
      currency: 'EUR',
      payee: 'Bäcker & Söhne',
      account: 'DE89370400440532013000',
    },
  };

  it('shows it on every channel, with any text of the caller', async () => {
    const { compose } = composing({ sms: { text: 'own {{ code }}' } });
    for (const channel of ['email', 'sms', 'whatsapp'] as const) {
      const { text } = await compose(session({ operation, messageTemplate: '<OTP>' }), channel);
      expect(text).toContain(
        `${CODE} ist Ihr Acme-Code für 20.00 EUR an Bäcker & Söhne (Konto endet auf 3000).`,
      );
    }
  });

  it('is rendered from the template for transactions where the workspace has one', async () => {
    const { compose, asked } = composing({
      sms: { text: 'own {{ code }}' },
      'sms-transaction': { text: '{{ code }} {{ amount }} {{ currency }} {{ payee }} {{ account }}' },
    });
    expect((await compose(session({ operation }), 'sms')).text).toBe(`${CODE} 20.00 EUR Bäcker & Söhne 3000`);
    expect(asked).toEqual(['acme sms-transaction de-AT']);
  });

  it('leaves an account out where there is none, and escapes what it shows in HTML', async () => {
    const { compose } = composing({});
    const { account: _none, ...transaction } = operation.transaction;
    const { text, html } = await compose(session({ operation: { ...operation, transaction } }), 'email');
    expect(text).toContain('an Bäcker & Söhne.');
    expect(html).toContain('an Bäcker &amp; Söhne.');
  });
});

describe('a template that fails when it is rendered', () => {
  it.each(['{{ code }}{{ gone }}', '{{ code }}{% for i in (1..99999999) %}.{% endfor %}', '{% if %}'])(
    'gives way to the built-in one, with one warning: %j',
    async (text) => {
      const { compose, warnings } = composing({ sms: { text } });
      for (let i = 0; i < 3; i++) {
        expect((await compose(session(), 'sms')).text).toContain(`${CODE} ist Ihr Acme-Code.`);
      }
      expect(warnings).toHaveLength(1);
      expect(JSON.parse(warnings[0]!)).toMatchObject({ workspace: 'acme', channel: 'sms' });
      expect(warnings[0]).not.toContain(CODE);
    },
  );
});
