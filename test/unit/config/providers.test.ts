import { describe, expect, it } from 'vitest';
import { ConfigError, readConfig } from '../../../server/config/config.js';
import { VENDOR_SETTINGS } from '../../../server/delivery/vendors/index.js';

type Settings = Readonly<Record<string, string>>;

const read = (settings: Settings) => readConfig(settings, VENDOR_SETTINGS);

const TWILIO: Settings = { OTP_TWILIO_ACCOUNT_SID: `AC${'0'.repeat(32)}`, OTP_TWILIO_AUTH_TOKEN: 'token' };
const VONAGE: Settings = { OTP_VONAGE_API_KEY: 'key', OTP_VONAGE_API_SECRET: 'secret' };
const SNS: Settings = {
  OTP_SNS_REGION: 'eu-central-1',
  OTP_SNS_ACCESS_KEY_ID: 'id',
  OTP_SNS_SECRET_ACCESS_KEY: 'secret',
};

describe('the sender of text messages', () => {
  it.each([
    [TWILIO, 'OTP_TWILIO_FROM', '+15005550006', '15005550006'],
    [TWILIO, 'OTP_TWILIO_FROM', '12345678', '123456789'],
    [TWILIO, 'OTP_TWILIO_FROM', 'Acme + Co_1', 'Acme + Co_12'],
    [TWILIO, 'OTP_TWILIO_FROM', `MG${'0a'.repeat(16)}`, `MG${'0a'.repeat(17)}`],
    [VONAGE, 'OTP_VONAGE_FROM', '+15005550006', '+0500555000'],
    [VONAGE, 'OTP_VONAGE_FROM', 'AcmeBank123', 'AcmeBank1234'],
    [VONAGE, 'OTP_VONAGE_FROM', 'Acme', 'Acme Co'],
    [SNS, 'OTP_SNS_FROM', '+12345678901234', '+123456789012345'],
    [SNS, 'OTP_SNS_FROM', '12345', '1234'],
    [SNS, 'OTP_SNS_FROM', 'Acme-Bank-1', 'Acme-Bank-12'],
    [SNS, 'OTP_SNS_FROM', 'A-1', 'A-'],
  ] as const)('of %j in %s may be %s, and %s stops the start', (others, variable, accepted, refused) => {
    expect(read({ ...others, [variable]: accepted })).toBeDefined();
    const start = () => read({ ...others, [variable]: refused });
    expect(start).toThrow(ConfigError);
    expect(start).toThrow(variable);
  });
});

describe('a vendor that is partially configured', () => {
  const messageOf = (settings: Settings): string => {
    try {
      read(settings);
    } catch (error) {
      return (error as Error).message;
    }
    return '';
  };

  it.each([
    [TWILIO, 'OTP_TWILIO_FROM or OTP_TWILIO_WHATSAPP_FROM'],
    [{ OTP_TWILIO_FROM: 'Acme' }, 'OTP_TWILIO_ACCOUNT_SID, OTP_TWILIO_AUTH_TOKEN'],
    [VONAGE, 'OTP_VONAGE_FROM'],
    [{ OTP_VONAGE_SIGNATURE_SECRET: '0123456789abcdef' }, 'OTP_VONAGE_API_KEY, OTP_VONAGE_API_SECRET'],
    [{ OTP_SNS_REGION: 'eu-central-1' }, 'OTP_SNS_ACCESS_KEY_ID, OTP_SNS_SECRET_ACCESS_KEY'],
    [{ OTP_WHATSAPP_ACCESS_TOKEN: 'token' }, 'OTP_WHATSAPP_PHONE_NUMBER_ID, OTP_WHATSAPP_TEMPLATE'],
    [{ OTP_DELIVERY_WEBHOOK_URL: 'https://own.example/hook' }, 'OTP_DELIVERY_WEBHOOK_SECRET'],
  ] as const)('%j stops the start with a message that %s is missing', (settings, missing) => {
    expect(messageOf(settings)).toContain(missing);
    // Never the value of a secret.
    expect(messageOf(settings)).not.toContain('own.example');
  });

  it('is accepted once it is complete', () => {
    expect(messageOf({ ...TWILIO, OTP_TWILIO_FROM: 'Acme' })).toBe('');
    expect(messageOf({ ...SNS })).toBe('');
  });
});
