import { describe } from 'vitest';
import { eachEngine } from '../../support/engines.js';
import { providerConformance } from './support/conformance.js';
import { HTTP_SUBJECTS } from './support/httpSubjects.js';
import { inboxSubject, SMTP_SUBJECT } from './support/otherSubjects.js';

describe.each([...HTTP_SUBJECTS, SMTP_SUBJECT].map((subject) => ({ subject, title: subject.title })))(
  '$title',
  ({ subject }) => providerConformance(subject),
);

describe('the inbox', () => {
  eachEngine((engine) => providerConformance(inboxSubject(engine)));
});
