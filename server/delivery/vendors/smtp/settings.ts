import { mailbox, secret, setting, url, type ValuesOf } from '../../../config/setting.js';
import { settingGroup } from '../../../config/settingGroup.js';

/** Shared with the development inbox, which shows it. */
export const emailFrom = setting(
  'OTP_EMAIL_FROM',
  mailbox.default('Countersign <no-reply@localhost>'),
  'From header of e-mails.',
);

const settings = {
  url: secret(
    'OTP_SMTP_URL',
    url('smtp:', 'smtps:'),
    'SMTP server for e-mail, smtp://user:password@host:587 or smtps://. Unset: e-mail goes to the development inbox.',
  ),
  from: emailFrom,
};

export const SMTP_SETTINGS = settingGroup({ title: 'SMTP', settings });

export type SmtpSettings = ValuesOf<typeof settings>;
