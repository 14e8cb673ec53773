import { z } from 'zod';
import { baseUrl, secret, setting, type ValuesOf } from '../../../../../server/config/setting.js';
import { settingGroup } from '../../../../../server/config/settingGroup.js';
import { EXAMPLE_SENDERS } from './limits.js';

const settings = {
  url: setting('OTP_EXAMPLE_URL', baseUrl.default('https://sms.vendor.example'), 'URL of the API.'),
  apiKey: secret('OTP_EXAMPLE_API_KEY', z.string(), 'API key.'),
  from: setting(
    'OTP_EXAMPLE_FROM',
    z.string().regex(EXAMPLE_SENDERS.pattern, `must be ${EXAMPLE_SENDERS.description}`),
    'Sender of text messages.',
  ),
  signingSecret: secret(
    'OTP_EXAMPLE_SIGNING_SECRET',
    z.string().optional(),
    'Signs delivery receipts. Unset: they are not accepted.',
  ),
};

export const EXAMPLE_SETTINGS = settingGroup({ title: 'Example SMS', settings });

export type ExampleSettings = ValuesOf<typeof settings>;
