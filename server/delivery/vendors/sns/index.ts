import { defineVendor } from '../vendor.js';
import { SNS_ERRORS } from './errors.js';
import { SNS_LIMITS, SNS_SENDERS } from './limits.js';
import { SNS_SETTINGS } from './settings.js';

export const sns = defineVendor({
  name: 'sns',
  channels: ['sms'],
  settings: SNS_SETTINGS,
  senders: SNS_SENDERS,
  limits: SNS_LIMITS,
  errors: SNS_ERRORS,
  guide:
    'Action `Publish`, signed with Signature Version 4, as `Transactional`. There are no delivery receipts: SNS writes the status of text messages to CloudWatch only.',
  create: async (settings, deps) => (await import('./send.js')).createSns(settings, deps),
});
