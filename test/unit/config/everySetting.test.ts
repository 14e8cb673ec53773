import { describe, expect, it } from 'vitest';
import { readTls } from '../../../server/compose/tls.js';
import { readConfig, SETTINGS } from '../../../server/config/config.js';
import { VENDOR_SETTINGS } from '../../../server/delivery/vendors/index.js';
import { parseMasterKeys } from '../../../server/secrets/keyring/masterKeys.js';

type Check = (variable: string, value: string) => unknown;

const read: Check = (variable, value) => readConfig({ [variable]: value }, VENDOR_SETTINGS);
const masterKeys: Check = (_, value) => parseMasterKeys(value);
/** The other file is there, and is no certificate and no key. */
const tls: Check = (variable, value) => {
  const files = { OTP_TLS_CERT: 'package.json', OTP_TLS_KEY: 'package.json', [variable]: value };
  return readTls(readConfig(files, VENDOR_SETTINGS));
};

/** Any path may be the data folder: whether it can be used is seen when it is opened, not from its name. */
const UNCHECKED = ['OTP_DATA_DIR'];

/** For every setting values that cannot do what it is for, and what checks them where that is not readConfig. */
const UNUSABLE: Readonly<Record<string, readonly [values: readonly string[], check?: Check]>> = {
  OTP_ENV: [['prod']],
  HOST: [['http://127.0.0.1', '[::1]']],
  PORT: [['65536', '-1', '80a']],
  OTP_WORKERS: [['0', '65', '2x']],
  OTP_LANDING: [['page']],
  OTP_OPERATOR_PORT: [['65536']],
  OTP_OPERATOR_HOST: [['127.0.0.1:9000', 'a b']],
  MONGODB_URI: [['db.example/otp', 'mysql://db.example/otp']],
  OTP_BOOTSTRAP_API_KEY: [['short', `${'x'.repeat(20)} ${'y'.repeat(20)}`]],
  OTP_MASTER_KEYS: [['1', '1:dG9vIHNob3J0', ':'], masterKeys],
  OTP_INBOX_TOKEN: [['short']],
  OTP_HASH: [['bcrypt']],
  OTP_HASH_CONCURRENCY: [['0', '257']],
  OTP_LOG_LEVEL: [['verbose']],
  OTP_METRICS_TOKEN: [['short', 'sixteen characters long']],
  OTEL_EXPORTER_OTLP_ENDPOINT: [['127.0.0.1:4318', 'http://collector.example/?a=b']],
  OTEL_EXPORTER_OTLP_HEADERS: [['authorization', 'a=%zz']],
  OTEL_SERVICE_NAME: [['one\ntwo']],
  OTEL_RESOURCE_ATTRIBUTES: [['production']],
  OTEL_TRACES_SAMPLER_ARG: [['2', 'all']],
  OTP_TLS_CERT: [['missing.pem', 'tsconfig.json'], tls],
  OTP_TLS_KEY: [['missing.pem', 'tsconfig.json'], tls],
  OTP_KEEP_ALIVE_SECONDS: [['0', '1h']],
  OTP_DRAIN_SECONDS: [['301']],
  OTP_TRUSTED_PROXIES: [['proxy.example', '10.0.0.0/33']],
  OTP_WEBHOOK_NETWORKS: [['10.0.0.0/33']],
  OTP_DOCS: [['yes']],
  OTP_CONSOLE: [['1']],
  OTP_PUBLIC_URL: [['otp.example', 'https://otp.example/?a=b']],
  OTP_EMAIL_FROM: [['Acme']],
  OTP_SMTP_URL: [['mail.example:587']],
  OTP_DELIVERY_WEBHOOK_URL: [['ftp://own.example']],
  OTP_DELIVERY_WEBHOOK_SECRET: [['whsec_short']],
  OTP_DELIVERY_WEBHOOK_CHANNELS: [['fax', ',']],
  OTP_SNS_REGION: [['Frankfurt']],
  OTP_SNS_ACCESS_KEY_ID: [['AK IA']],
  OTP_SNS_SECRET_ACCESS_KEY: [['a b']],
  OTP_SNS_FROM: [['not a sender, surely']],
  OTP_SNS_URL: [['sns.example']],
  OTP_TWILIO_ACCOUNT_SID: [['AC123']],
  OTP_TWILIO_AUTH_TOKEN: [['a b']],
  OTP_TWILIO_FROM: [['not a sender, surely']],
  OTP_TWILIO_WHATSAPP_FROM: [['3001234542']],
  OTP_TWILIO_WHATSAPP_CONTENT_SID: [['HX1']],
  OTP_TWILIO_URL: [['api.twilio.com']],
  OTP_VONAGE_API_KEY: [['a b']],
  OTP_VONAGE_API_SECRET: [['sécret']],
  OTP_VONAGE_FROM: [['not a sender, surely']],
  OTP_VONAGE_SIGNATURE_SECRET: [['short']],
  OTP_VONAGE_URL: [['api.nexmo.com']],
  OTP_WHATSAPP_ACCESS_TOKEN: [['a b']],
  OTP_WHATSAPP_PHONE_NUMBER_ID: [['+573001234542']],
  OTP_WHATSAPP_NUMBERS: [['106540352242922']],
  OTP_WHATSAPP_TEMPLATE: [['My Template']],
  OTP_WHATSAPP_LANGUAGES: [['English', ',']],
  OTP_WHATSAPP_APP_SECRET: [['a b']],
  OTP_WHATSAPP_VERIFY_TOKEN: [['one\ntwo']],
  OTP_WHATSAPP_URL: [['graph.facebook.com']],
};

describe('every setting', () => {
  const variables = [SETTINGS, ...VENDOR_SETTINGS.map(({ settings }) => settings)].flatMap((table) =>
    Object.values(table).map(({ variable }) => variable),
  );

  it('K6 is checked: none is left out of this list', () => {
    const listed = [...Object.keys(UNUSABLE), ...UNCHECKED];
    expect(listed.sort()).toEqual([...new Set(variables)].sort());
  });

  it.each(
    Object.entries(UNUSABLE).flatMap(([variable, [values, check = read]]) =>
      values.map((value) => [variable, value, check] as const),
    ),
  )('K6 is refused by its name for what it cannot be used for: %s=%j', async (variable, value, check) => {
    await expect(async () => check(variable, value)).rejects.toThrow(variable);
  });
});
