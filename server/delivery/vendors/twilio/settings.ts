import { z } from 'zod';
import { baseUrl, credential, phoneNumber, secret, setting, type ValuesOf } from '../../../config/setting.js';
import { settingGroup } from '../../../config/settingGroup.js';
import { TWILIO_SENDERS } from './limits.js';

const settings = {
  accountSid: setting(
    'OTP_TWILIO_ACCOUNT_SID',
    z.string().regex(/^AC[0-9a-f]{32}$/i, 'must be AC and 32 hexadecimal digits'),
    'Account.',
  ),
  authToken: secret(
    'OTP_TWILIO_AUTH_TOKEN',
    credential,
    'The account’s auth token, which also signs its delivery receipts.',
  ),
  from: setting(
    'OTP_TWILIO_FROM',
    z.string().regex(TWILIO_SENDERS.pattern, `must be ${TWILIO_SENDERS.description}`).optional(),
    `Sender of text messages: ${TWILIO_SENDERS.description}. Unset: Twilio sends no text messages.`,
  ),
  whatsappFrom: setting(
    'OTP_TWILIO_WHATSAPP_FROM',
    phoneNumber.optional(),
    'Phone number of the WhatsApp sender. Unset: Twilio sends no WhatsApp messages.',
  ),
  whatsappContentSid: setting(
    'OTP_TWILIO_WHATSAPP_CONTENT_SID',
    z
      .string()
      .regex(/^HX[0-9a-f]{32}$/i, 'must be HX and 32 hexadecimal digits')
      .optional(),
    'Approved WhatsApp authentication template, whose variable 1 is the code. Unset: the text is sent as it is, which WhatsApp accepts only within a day of the recipient’s own message.',
  ),
  url: setting('OTP_TWILIO_URL', baseUrl.default('https://api.twilio.com'), 'URL of the API.'),
};

export const TWILIO_SETTINGS = settingGroup({
  title: 'Twilio',
  settings,
  oneOf: ['from', 'whatsappFrom'],
});

export type TwilioSettings = ValuesOf<typeof settings>;
