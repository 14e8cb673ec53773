import { createInbox } from '../../../../server/delivery/vendors/inbox/inbox.js';
import { createSmtp } from '../../../../server/delivery/vendors/smtp/send.js';
import { createIds } from '../../../../server/domain/ids.js';
import { systemRandom } from '../../../../server/platform/random.js';
import { createEncryption } from '../../../../server/secrets/encryption.js';
import type { Engine } from '../../../support/engines.js';
import { fixedKeys } from '../../../support/fixedKeys.js';
import { type Misbehaviour, type Step, startRecordingSmtp } from '../../../support/recordingSmtp.js';
import { ADDRESSES, CODE, type Subject } from './subject.js';
import { codeIn } from './vendors/expecting.js';
import type { Taken } from './vendors/vendorStub.js';

const PASSWORD = 'smtp-password-of-the-test';
const STEPS: readonly Step[] = ['connect', 'auth', 'mail', 'rcpt', 'data'];

/** E-mail, to a server that speaks SMTP and quotes the message in its refusals, as they do. */
export const SMTP_SUBJECT: Subject = {
  title: 'SMTP',
  channel: 'email',
  misbehaviours: [
    ['mail 451 4.3.0 try later', { kind: 'retry', error: 'SMTP_451' }],
    ['mail cut', { kind: 'retry', error: 'UNREACHABLE' }],
    [
      `rcpt 450 4.2.0 <${ADDRESSES.email}> is greylisted`,
      { kind: 'retry', error: 'SMTP_450', aboutMessage: true },
    ],
    [`rcpt 550 5.1.1 <${ADDRESSES.email}> is unknown`, { kind: 'failed', error: 'WRONG_RECIPIENT' }],
    [`rcpt 550 5.7.1 <${ADDRESSES.email}> is not ours`, { kind: 'failed', error: 'REFUSED' }],
    ['rcpt cut', { kind: 'retry', error: 'UNREACHABLE' }],
    [`data 451 4.3.0 try ${CODE} later`, { kind: 'retry', error: 'SMTP_451' }],
    [`data 554 5.6.0 ${CODE} is not wanted`, { kind: 'failed', error: 'REFUSED' }],
    ['data cut', { kind: 'retry', error: 'UNREACHABLE' }],
  ],
  hanging: ['mail silence', 'rcpt silence', 'data silence'],
  limits: [],
  errors: [],
  secrets: [PASSWORD],
  async start() {
    const smtp = await startRecordingSmtp({ password: PASSWORD });
    const url = `smtp://user:${PASSWORD}@127.0.0.1:${smtp.port}`;
    const provider = createSmtp({ url, from: 'Countersign <no-reply@sender.example>' });
    const read = ({ to, parsed }: (typeof smtp.mails)[number]): Taken => {
      const text = parsed.text?.replaceAll('\r\n', '\n').trim() ?? '';
      return { to: to[0] ?? '', code: codeIn(text), text, repeatId: parsed.messageId ?? '' };
    };
    return {
      provider,
      get taken() {
        return smtp.mails.map(read);
      },
      get ids() {
        return smtp.mails.map(({ parsed }) => parsed.messageId ?? '');
      },
      complaints: [],
      seen: [],
      requests: () => smtp.reached('mail'),
      open: smtp.open,
      misbehave(how) {
        for (const step of STEPS) smtp.misbehave(step, undefined);
        const [, step, what] = /^(\w+) (.*)$/.exec(how ?? '') ?? [];
        if (step) smtp.misbehave(step as Step, what as Misbehaviour);
      },
      refuse() {},
      vanish: () => smtp.close(),
      async close() {
        await provider.close();
        await smtp.close();
      },
    };
  },
};

/** The development inbox, which is its own other end. */
export const inboxSubject = (engine: Engine): Subject => ({
  title: 'the inbox',
  channel: 'whatsapp',
  misbehaviours: [],
  hanging: [],
  limits: [],
  errors: [],
  secrets: [],
  async start(clock) {
    const documents = await engine.open({ clock });
    const inbox = createInbox({
      documents,
      encryption: createEncryption(fixedKeys('k1'), systemRandom),
      newId: createIds(clock, systemRandom),
      clock,
      random: systemRandom,
      from: 'Countersign <no-reply@localhost>',
    });
    let shown: Awaited<ReturnType<typeof inbox.messages.find>> = [];
    return {
      provider: {
        ...inbox,
        async send(message, signal) {
          const outcome = await inbox.send(message, signal);
          shown = (await inbox.messages.find({}, 1_000)).reverse();
          return outcome;
        },
      },
      get taken() {
        return shown.map(({ to, text }) => ({ to, code: codeIn(text), text }));
      },
      get ids() {
        return shown.map(({ id }) => id);
      },
      complaints: [],
      seen: [],
      requests: () => shown.length,
      open: () => 0,
      misbehave() {},
      refuse() {},
      async vanish() {},
      close: () => documents.close(),
    };
  },
});
