import { describe, expect, it } from 'vitest';
import { checkTemplate } from '../../../../server/admin/templates/checkTemplate.js';
import type { Template } from '../../../../server/delivery/defaultTemplates.js';
import type { MessageKind } from '../../../../server/delivery/messageKind.js';
import { Failure } from '../../../../server/errors.js';

const BRANDING = { brand: 'Acme <&>', webHost: 'acme.example' };
const tried = (kind: MessageKind, template: Template) => checkTemplate(kind, template, BRANDING);
/** The parts at fault and what is said of each. */
const faults = (kind: MessageKind, template: Template) => {
  try {
    tried(kind, template);
  } catch (error) {
    if (!(error instanceof Failure) || error.reason !== 'INVALID_REQUEST') throw error;
    const found = error.details.violations ?? [];
    return Object.fromEntries(found.map(({ field, description }) => [field, description]));
  }
  return {};
};

describe('a template that can be sent', () => {
  it('is shown with sample values, those in HTML escaped', () => {
    expect(
      tried('email', {
        subject: '{{ brand }}: {{ code }}',
        text: '{{ code }} for {{ minutes }} min',
        html: '<b>{{ code }}</b> {{ brand }}',
      }),
    ).toEqual({
      subject: 'Acme <&>: 402917',
      text: '402917 for 5 min',
      html: '<b>402917</b> Acme &lt;&amp;&gt;',
    });
  });

  it('as a text message ends with the line for browsers', () => {
    expect(tried('sms', { text: 'Code {{ code }}' })).toEqual({
      text: 'Code 402917\n\n@acme.example #402917',
    });
    expect(tried('whatsapp', { text: 'Code {{ code }}' })).toEqual({ text: 'Code 402917' });
  });

  it.each([
    '{{ code | append: "!" }}',
    '{% assign word = brand | upcase %}{{ word }} {{ code }}',
    '{% if minutes == 1 %}{{ code }} one{% else %}{{ code }} {{ minutes }}{% endif %}',
    '{% raw %}{{ anything }}{% endraw %} {{ code }}',
    '{% comment %}{{ anything }}{% endcomment %}{{ code }}',
  ])('may say %j', (text) => {
    expect(faults('sms', { text })).toEqual({});
  });
});

describe('a template that could not be sent', () => {
  it.each([
    ['{{ code }} {{ name }}', 'may use code, brand, minutes only, not "name"'],
    ['{{ code }} {% if minutes == 59 %}{{ user.name }}{% endif %}', 'not "user"'],
    ['{{ code }} {% liquid echo secret %}', 'not "secret"'],
    ['{{ code }} {{ code | append: other }}', 'not "other"'],
    ['{{ code }} {{ code | where: "a" }}', 'undefined filter: where'],
    ['{{ code ', 'cannot be read'],
    ['{{ code }} {% if %}', 'cannot be read'],
    ['{{ code }} {% unknown %}', 'cannot be read'],
    ['{{ code | unknown }}', 'cannot be read'],
    ['a'.repeat(25_000), 'cannot be read'],
    ['{{ code }} {{ (1..100000) }}', 'ranges are not supported'],
    ['{% assign all = (1..9) %}{{ code }} {{ all }}', 'ranges are not supported'],
    [`{{ code }}${'{{ brand }}'.repeat(400)}`, 'more than the 300 that are supported'],
    [`{{ code${' | upcase'.repeat(400)} }}`, 'more than the 300 that are supported'],
    [`{{ code }}{% liquid ${'\necho brand'.repeat(200)} %}`, 'more than the 300 that are supported'],
    [`{% assign a = "x" %}${'{% assign a = a | append: a %}'.repeat(40)}{{ code }}`, 'cannot be rendered'],
    ['Your code', 'must say the code'],
    ['Your code is 402917', 'must say the code'],
    ['{{ code | slice: 0, 3 }} {{ code | slice: 3, 9 }}', 'must say the code'],
    ['{% if minutes > 1 %}{{ code }}{% else %}hurry{% endif %}', 'must say the code'],
    ['{% assign code = "000000" %}{{ code }}', 'must say the code'],
    ['   ', 'must say something'],
    [`{{ code }}${'x'.repeat(1600)}`, 'must render to at most 1600 characters'],
  ])('%j is refused: %s', (text, why) => {
    expect(faults('sms', { text })).toEqual({ 'template.text': expect.stringContaining(why) });
  });

  it.each(['include', 'render', 'layout', 'block'])('reads no file: there is no tag %s', (tag) => {
    expect(faults('email', { text: `{{ code }} {% ${tag} 'package.json' %}` })).toEqual({
      'template.text': expect.stringContaining(`tag "${tag}" not found`),
    });
  });

  it.each([
    '{% for i in (1..60) %}{% for j in (1..60) %}{% if i == j %}{% endif %}{% endfor %}{% endfor %}{{ code }}',
    '{% for c in code %}{{ c }}{% endfor %}{{ code }}',
    '{% tablerow c in code %}{{ c }}{% endtablerow %}{{ code }}',
    '{% cycle "a", "b" %}{{ code }}',
    '{% increment n %}{{ code }}',
    '{% decrement n %}{{ code }}',
    '{% capture c %}{{ code }}{% endcapture %}{{ c }}',
    '{% liquid\nfor c in code\necho c\nendfor %}{{ code }}',
  ])('nothing repeats: %j is refused', (text) => {
    expect(faults('sms', { text })).toEqual({ 'template.text': expect.stringContaining('cannot be read') });
  });

  it('every part at fault is named', () => {
    expect(faults('email', { subject: '{{ x }}', text: 'no code', html: '{{ code }' })).toEqual({
      'template.subject': expect.stringContaining('not "x"'),
      'template.text': expect.stringContaining('must say the code'),
      'template.html': expect.stringContaining('cannot be read'),
    });
    expect(faults('email', { subject: '{{ "" }}', text: '{{ code }}', html: '<p></p>' })).toEqual({
      'template.subject': 'must say something',
      'template.html': 'must say the code: {{ code }}',
    });
    expect(faults('sms', { subject: 's', text: '{{ code }}', html: '{{ code }}' })).toEqual({
      'template.subject': 'is for e-mail only',
      'template.html': 'is for e-mail only',
    });
  });

  it('a text message is measured with the line for browsers', () => {
    const line = '\n\n@acme.example #86190342'.length;
    expect(faults('sms', { text: `{{ code }}${'x'.repeat(1600 - line - 8)}` })).toEqual({});
    expect(faults('sms', { text: `{{ code }}${'x'.repeat(1600 - line - 7)}` })).toHaveProperty([
      'template.text',
    ]);
    expect(faults('whatsapp', { text: `{{ code }}${'x'.repeat(1700)}` })).toEqual({});
  });
});

describe('a template for transactions', () => {
  const whole = '{{ code }}: {{ amount }} {{ currency }} to {{ payee }}';

  it('is shown with a sample transaction', () => {
    expect(tried('sms-transaction', { text: `${whole} {{ account }}` }).text).toContain(
      '402917: 1250.40 EUR to Acme Stores 3000',
    );
  });

  it.each([
    ['{{ code }} to {{ payee }}', 'must say the amount: {{ amount }}'],
    ['{{ code }} for {{ amount }} {{ currency }}', 'must say the payee: {{ payee }}'],
    ['{{ amount }} to {{ payee }}', 'must say the code: {{ code }}'],
    [
      '{{ code }} {{ amount }}{% if account != "" %} to {{ payee }}{% endif %}',
      'must say the payee: {{ payee }}',
    ],
  ])('must say code, amount and payee: %j', (text, description) => {
    expect(faults('sms-transaction', { text })).toEqual({ 'template.text': description });
    expect(faults('email-transaction', { text: whole, html: text })).toEqual({
      'template.html': description,
    });
  });

  it('alone may read what is in a transaction', () => {
    for (const name of ['amount', 'currency', 'payee', 'account'])
      expect(faults('sms', { text: `{{ code }} {{ ${name} }}` })).toEqual({
        'template.text': `may use code, brand, minutes only, not "${name}"`,
      });
  });
});
