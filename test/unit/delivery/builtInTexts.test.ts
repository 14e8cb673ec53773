import { describe, expect, it } from 'vitest';
import { smsSegments } from '../../../server/admin/templates/smsSegments.js';
import { BUILT_IN_LOCALES, defaultTemplate } from '../../../server/delivery/defaultTemplates.js';
import { render } from '../../../server/delivery/render.js';

const BRAND = 'Abcdefghijklmnopqrstuvwxyzabcd';
const HOST = 'verificacion.cuentas.banco-ejemplo.com.co';

describe('a built-in text message', () => {
  it.each(BUILT_IN_LOCALES)(
    'K8 in %s is one part of GSM-7, with a brand of 30 letters and a web host',
    (locale) => {
      for (const minutes of [1, 5, 60]) {
        const variables = { code: '12345678', brand: BRAND, minutes };
        const { text } = render('sms', defaultTemplate('sms', locale), variables, { webHost: HOST });
        expect(text).toContain(BRAND);
        expect(text).toContain(`@${HOST} #12345678`);
        expect(smsSegments(text)).toEqual({ encoding: 'GSM7', segments: 1 });
      }
    },
  );

  it('K8 is so in every language that e-mail has', () => {
    expect(BUILT_IN_LOCALES).toEqual(expect.arrayContaining(['en', 'es', 'pt', 'fr', 'de']));
  });
});
