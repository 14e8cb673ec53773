import { z } from 'zod';
import { baseUrl, credential, secret, setting, type ValuesOf } from '../../../config/setting.js';
import { settingGroup } from '../../../config/settingGroup.js';
import { VONAGE_SENDERS } from './limits.js';

const settings = {
  apiKey: setting('OTP_VONAGE_API_KEY', credential, 'API key.'),
  apiSecret: secret('OTP_VONAGE_API_SECRET', credential, 'API secret.'),
  from: setting(
    'OTP_VONAGE_FROM',
    z.string().regex(VONAGE_SENDERS.pattern, `must be ${VONAGE_SENDERS.description}`),
    `Sender of text messages: ${VONAGE_SENDERS.description}.`,
  ),
  signatureSecret: secret(
    'OTP_VONAGE_SIGNATURE_SECRET',
    credential.min(16, 'must have at least 16 characters').optional(),
    'Signature secret of the account’s delivery receipts. Unset: they are not accepted.',
  ),
  url: setting('OTP_VONAGE_URL', baseUrl.default('https://api.nexmo.com'), 'URL of the API.'),
};

export const VONAGE_SETTINGS = settingGroup({ title: 'Vonage', settings });

export type VonageSettings = ValuesOf<typeof settings>;
