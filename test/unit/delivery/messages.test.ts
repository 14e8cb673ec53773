import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { connectJson } from '../../support/connectJson.js';
import { eventually } from '../../support/eventually.js';
import { type Mail, type RecordingSmtp, startRecordingSmtp } from '../../support/recordingSmtp.js';
import { startService, type TestService } from '../../support/service.js';

let smtp: RecordingSmtp;
let service: TestService;
let call: ReturnType<typeof connectJson>;
beforeAll(async () => {
  smtp = await startRecordingSmtp();
  service = await startService({
    env: { OTP_SMTP_URL: smtp.url, OTP_EMAIL_FROM: 'Acme Codes <codes@acme.example>' },
  });
  call = connectJson(service.baseUrl, service.liveKey);
  const workspace = { brand: 'Acme <b>&Co', webHost: 'login.acme.example' };
  const updated = await call('otp.admin.v1.WorkspaceService/UpdateWorkspace', {
    workspace: { name: 'default', ...workspace },
    updateMask: 'brand,webHost',
  });
  expect(updated.status, JSON.stringify(updated.body)).toBe(200);
});
afterAll(async () => {
  await service.stop();
  await smtp.close();
});

let people = 0;
/** Sends an e-mail and waits until the server has it. */
async function mailed(more: object): Promise<{ readonly mail: Mail; readonly sessionId: string }> {
  const email = `reader.${++people}@example.com`;
  const { body } = await call('otp.v1.OtpService/Send', { recipients: { email }, ...more });
  const mail = await eventually(() => smtp.mails.find(({ to }) => to.includes(email)));
  return { mail, sessionId: body.session.id };
}
const runs = (text: string) => text.match(/(?<![\p{L}\p{N}])\d{4,8}(?![\p{L}\p{N}])/gu) ?? [];

describe('an e-mail', () => {
  it.each(['en', 'es-CO', 'pt', 'fr', 'de', 'ja'])(
    'in %s holds its code once in each part, and no other number like it',
    async (locale) => {
      const { mail, sessionId } = await mailed({ locale });
      const { text = '', html = '', subject = '' } = mail.parsed;
      const [code] = runs(text);
      expect(code).toMatch(/^\d{6}$/);
      expect(runs(text)).toEqual([code]);
      expect(runs(html)).toEqual([code]);
      expect(subject).toContain('Acme <b>&Co');
      expect(subject).not.toContain(code);
      expect(text).toContain('5');
      const { body } = await call('otp.v1.OtpService/Verify', { sessionId, code });
      expect(body.session.status).toBe('SESSION_STATUS_APPROVED');
    },
  );

  it.each([4, 5, 7, 8])('holds a code of %i digits once in each part', async (codeLength) => {
    const { mail } = await mailed({ config: { codeLength } });
    const [code] = runs(mail.parsed.text ?? '');
    expect(code).toHaveLength(codeLength);
    expect(runs(mail.parsed.html ?? '')).toEqual([code]);
  });

  it('has the brand as it is in its text, and harmless in its HTML', async () => {
    const { mail } = await mailed({});
    expect(mail.parsed.text).toContain('Acme <b>&Co');
    expect(mail.parsed.html).toContain('Acme &lt;b&gt;&amp;Co');
    expect(mail.parsed.html).not.toContain('<b>&Co');
  });

  it('has headers that hold neither code nor another person', async () => {
    const { mail } = await mailed({});
    const [code] = runs(mail.parsed.text ?? '');
    const head = mail.raw.slice(0, mail.raw.indexOf('\r\n\r\n'));
    expect(head).not.toContain(code);
    expect(head.match(/[\w.]+@example\.com/g)).toEqual(mail.to);
    expect(mail.from).toBe('codes@acme.example');
  });
});

describe('a text message', () => {
  const texted = async (channel: 'sms' | 'whatsapp', more: object = {}) => {
    const phone = `+57302${1_000_000 + ++people}`;
    await call('otp.v1.OtpService/Send', { recipients: { [channel]: phone }, ...more });
    return eventually(async () => (await service.inbox()).find(({ to }) => to === phone));
  };

  it('ends with the line that browsers fill the code in by', async () => {
    const { text } = await texted('sms');
    const code = /\d{6}/.exec(text)![0];
    expect(text.split('\n').slice(-2)).toEqual(['', `@login.acme.example #${code}`]);
  });

  it('of the caller’s own wording does so too', async () => {
    const { text } = await texted('sms', { messageTemplate: 'Key: <OTP>. Keep it.\n' });
    expect(text).toMatch(/^Key: (\d{6})\. Keep it\.\n\n@login\.acme\.example #\1$/);
  });

  it('over WhatsApp does not: no browser reads it there', async () => {
    const { text } = await texted('whatsapp');
    expect(text).not.toContain('@login');
    expect(runs(text)).toHaveLength(1);
  });
});
