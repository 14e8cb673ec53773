import { z } from 'zod';
import { list, secret, setting, url, type ValuesOf } from '../../../config/setting.js';
import { settingGroup } from '../../../config/settingGroup.js';
import { CHANNELS, type ChannelName, isChannelName } from '../../../domain/channels.js';

const settings = {
  url: secret(
    'OTP_DELIVERY_WEBHOOK_URL',
    url('https:', 'http:'),
    'URL of a service of your own that messages are sent to, signed.',
  ),
  secret: secret(
    'OTP_DELIVERY_WEBHOOK_SECRET',
    z
      .string()
      .regex(/^whsec_[A-Za-z0-9+/]{32,}={0,2}$/, 'must be whsec_ and the base64 of at least 24 bytes'),
    'Signs the messages and the delivery receipts (Standard Webhooks), whsec_….',
  ),
  channels: setting(
    'OTP_DELIVERY_WEBHOOK_CHANNELS',
    list
      .refine(
        (names): names is ChannelName[] => names.length > 0 && names.every(isChannelName),
        `must be channels (${CHANNELS.join(', ')}), separated by commas`,
      )
      .default([...CHANNELS]),
    'Channels whose messages are sent to it, separated by commas.',
  ),
};

export const DELIVERY_WEBHOOK_SETTINGS = settingGroup({
  title: 'Delivery webhook',
  settings,
});

export type DeliveryWebhookSettings = ValuesOf<typeof settings>;
