import { describe, expect, it } from 'vitest';
import { pageHeaders } from '../../../server/http/pageHeaders.js';

const directives = (headers: Record<string, string>) =>
  new Map(
    (headers['content-security-policy'] ?? '').split('; ').map((directive) => {
      const [name = '', ...sources] = directive.split(' ');
      return [name, sources];
    }),
  );

describe('the headers of a page', () => {
  it('allow nothing but what this server sends', () => {
    const policy = directives(pageHeaders());
    expect(policy.get('default-src')).toEqual(["'none'"]);
    expect(policy.get('frame-ancestors')).toEqual(["'none'"]);
    for (const name of ['script-src', 'style-src', 'connect-src', 'form-action'])
      expect(policy.get(name)).toEqual(["'self'"]);
    expect([...policy.values()].flat().join(' ')).not.toMatch(/unsafe|\*|https?:/);
  });

  it('allow inline scripts and styles under the nonce alone', () => {
    const policy = directives(pageHeaders('abc'));
    for (const name of ['script-src', 'style-src'])
      expect(policy.get(name)).toEqual(["'self'", "'nonce-abc'"]);
  });

  it('keep the page out of frames, caches and guesses', () => {
    expect(pageHeaders()).toMatchObject({
      'content-type': 'text/html; charset=utf-8',
      'x-content-type-options': 'nosniff',
      'x-frame-options': 'DENY',
      'referrer-policy': 'no-referrer',
      'cache-control': 'no-store',
    });
  });
});
