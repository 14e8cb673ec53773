import { describe, expect, it } from 'vitest';
import { readConfig } from '../../../server/config/config.js';
import { VENDOR_SETTINGS } from '../../../server/delivery/vendors/index.js';
import { SMTP_SETTINGS } from '../../../server/delivery/vendors/smtp/settings.js';

type Settings = Readonly<Record<string, string>>;

const read = (settings: Settings) => readConfig(settings, VENDOR_SETTINGS);
const faultOf = (settings: Settings): string => {
  try {
    read(settings);
    return '';
  } catch (error) {
    return (error as Error).message;
  }
};
const SMTP = { OTP_SMTP_URL: 'smtp://mail.example:587' };

describe('a setting that cannot work', () => {
  it.each<readonly [Settings, string]>([
    [{ ...SMTP, OTP_EMAIL_FROM: 'Acme' }, 'must be one e-mail address'],
    [{ ...SMTP, OTP_EMAIL_FROM: 'Acme <codes>' }, 'must be one e-mail address'],
    [{ ...SMTP, OTP_EMAIL_FROM: 'a@acme.example, b@acme.example' }, 'must be one e-mail address'],
    [{ ...SMTP, OTP_EMAIL_FROM: 'Acme codes@acme.example' }, 'must be one e-mail address'],
    [{ OTP_SMTP_URL: 'smtp://user:pa#ss@mail.example:587' }, '"#" must be written as %23'],
    [{ OTP_SMTP_URL: 'smtp://user:12#ss@mail.example' }, '"#" must be written as %23'],
    [{ OTP_SMTP_URL: 'smtp://user:pa/ss@mail.example' }, '"/" as %2F'],
    [{ OTP_SMTP_URL: 'smtp://user:12/ss@mail.example' }, '"/" as %2F'],
    [{ OTP_SMTP_URL: 'smtp://us@er:pass@mail.example' }, '"@" as %40'],
    [{ OTP_SMTP_URL: 'smtp://user:100%@mail.example' }, '"%"'],
    [{ OTP_SMTP_URL: 'mail.example:587' }, 'must be a URL that begins with smtp://'],
    [{ MONGODB_URI: 'mongodb://user:p#w@db.example/otp' }, '"#" must be written as %23'],
    [{ HOST: 'http://127.0.0.1' }, 'must be an IP address or a host name'],
    [{ HOST: '127.0.0.1:8080' }, 'must be an IP address or a host name'],
    [{ OTP_METRICS_TOKEN: 'sixteen characters long' }, 'must have no spaces'],
    [{ OTP_BOOTSTRAP_API_KEY: 'sk_otp_live_ sk_otp_live_ sk_otp_live_' }, 'must have no spaces'],
    [{ OTP_VONAGE_API_KEY: 'key', OTP_VONAGE_FROM: 'Acme', OTP_VONAGE_API_SECRET: 'sécret' }, 'ASCII'],
    [{ OTP_PUBLIC_URL: 'https://otp.example#x' }, 'must be a URL'],
  ])('K6 stops the start and says what to change: %j', (settings, sentence) => {
    expect(faultOf(settings)).toContain(sentence);
    const [name = ''] = Object.keys(settings).filter((key) => faultOf(settings).includes(key));
    expect(Object.keys(settings)).toContain(name);
  });

  it('K6 never prints the secret', () => {
    expect(faultOf({ OTP_SMTP_URL: 'smtp://user:pa#ssw0rd@mail.example' })).not.toMatch(/ssw0rd|user:pa/);
  });
});

describe('a setting that works', () => {
  it.each<Settings>([
    { ...SMTP, OTP_EMAIL_FROM: 'codes@acme.example' },
    { ...SMTP, OTP_EMAIL_FROM: '"Acme, Inc." <codes@acme.example>' },
    { ...SMTP, OTP_EMAIL_FROM: 'Ñandú <codes@müller.example>' },
    { OTP_SMTP_URL: 'smtps://us%40er:pa%23ss%2F@mail.example:465' },
    { MONGODB_URI: 'mongodb://user:pw@a.example:27017,b.example:27018/otp?replicaSet=rs0' },
    { MONGODB_URI: 'mongodb+srv://db.example/otp' },
    { OTP_ENV: 'development', HOST: '::' },
    { OTP_ENV: 'development', HOST: 'otp.internal' },
  ])('K6 is accepted: %j', (settings) => expect(faultOf(settings)).toBe(''));

  it.each(['\n', '\r\n', ' ', '\t\n'])('K6 is read without white space at its ends: %j', (end) => {
    const { vendors, metricsToken } = read({
      OTP_SMTP_URL: `${end}smtp://mail.example${end}`,
      OTP_METRICS_TOKEN: `0123456789abcdef${end}`,
    });
    expect(vendors.of(SMTP_SETTINGS)).toMatchObject({ url: 'smtp://mail.example' });
    expect(metricsToken).toBe('0123456789abcdef');
  });

  it('K6 of white space alone is not set', () => {
    expect(read({ OTP_SMTP_URL: ' \n' }).vendors.of(SMTP_SETTINGS)).toBeUndefined();
  });
});
