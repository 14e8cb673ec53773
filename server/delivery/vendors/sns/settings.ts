import { z } from 'zod';
import { baseUrl, credential, secret, setting, type ValuesOf } from '../../../config/setting.js';
import { settingGroup } from '../../../config/settingGroup.js';
import { SNS_SENDERS } from './limits.js';

const settings = {
  region: setting(
    'OTP_SNS_REGION',
    z.string().regex(/^[a-z]{2}(-[a-z]+)+-\d$/, 'must be a region such as eu-central-1'),
    'Region.',
  ),
  accessKeyId: setting('OTP_SNS_ACCESS_KEY_ID', credential, 'Access key id.'),
  secretAccessKey: secret('OTP_SNS_SECRET_ACCESS_KEY', credential, 'Secret access key.'),
  from: setting(
    'OTP_SNS_FROM',
    z.string().regex(SNS_SENDERS.pattern, `must be ${SNS_SENDERS.description}`).optional(),
    `Sender of text messages: ${SNS_SENDERS.description}. Unset: the account’s default.`,
  ),
  url: setting('OTP_SNS_URL', baseUrl.optional(), 'URL of the API. Unset: that of the region.'),
};

export const SNS_SETTINGS = settingGroup({ title: 'AWS SNS', settings });

export type SnsSettings = ValuesOf<typeof settings>;
