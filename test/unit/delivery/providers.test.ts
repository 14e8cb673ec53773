import { describe, expect, it } from 'vitest';
import { VENDORS } from '../../../server/delivery/vendors/index.js';
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
  const TESTED: Readonly<Record<string, readonly { readonly code: string }[]>> = {
    twilio: TWILIO_ERRORS,
    vonage: VONAGE_ERRORS,
    'whatsapp-cloud': WHATSAPP_ERRORS,
    sns: SNS_ERRORS,
    'delivery-webhook': WEBHOOK_ERRORS,
  };

  it.each(VENDORS.flatMap(({ name, errors }) => (errors ? [{ name, rows: errors.rows }] : [])))(
    'of $name has no row without a test',
    ({ name, rows }) => {
      const tested = new Set(TESTED[name]?.map(({ code }) => code));
      const codes = rows.flatMap(({ code }) => code).map(String);
      expect(codes.filter((code) => !tested.has(code))).toEqual([]);
      expect(codes).toEqual([...new Set(codes)]);
    },
  );
});
