import { describe, expect, it } from 'vitest';
import { WEBHOOK_VERDICTS } from '../../../server/delivery/providers/deliveryWebhook.js';
import { SNS_VERDICTS } from '../../../server/delivery/providers/sns.js';
import { TWILIO_VERDICTS } from '../../../server/delivery/providers/twilio.js';
import { VONAGE_VERDICTS } from '../../../server/delivery/providers/vonage.js';
import { WHATSAPP_VERDICTS } from '../../../server/delivery/providers/whatsappCloud.js';
import { eachEngine } from '../../support/engines.js';
import { providerConformance } from './support/conformance.js';
import { HTTP_SUBJECTS } from './support/httpSubjects.js';
import { inboxSubject, SMTP_SUBJECT } from './support/otherSubjects.js';
import {
  SNS_ERRORS,
  TWILIO_ERRORS,
  VONAGE_ERRORS,
  WEBHOOK_ERRORS,
  WHATSAPP_ERRORS,
} from './support/vendors/errorTables.js';

describe.each([...HTTP_SUBJECTS, SMTP_SUBJECT].map((subject) => ({ subject, title: subject.title })))(
  '$title',
  ({ subject }) => providerConformance(subject),
);

describe('the inbox', () => {
  eachEngine((engine) => providerConformance(inboxSubject(engine)));
});

describe('a table of errors', () => {
  it.each([
    ['Twilio', TWILIO_VERDICTS, TWILIO_ERRORS],
    ['Vonage', VONAGE_VERDICTS, VONAGE_ERRORS],
    ['WhatsApp Cloud', WHATSAPP_VERDICTS, WHATSAPP_ERRORS],
    ['AWS SNS', SNS_VERDICTS, SNS_ERRORS],
    ['the delivery webhook', WEBHOOK_VERDICTS, WEBHOOK_ERRORS],
  ])('%s: no row without a test', (_vendor, verdicts, rows) => {
    const tested = new Set(rows.map(({ code }) => code));
    expect(Object.keys(verdicts).filter((code) => !tested.has(code))).toEqual([]);
  });
});
