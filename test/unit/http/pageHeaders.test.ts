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
    const policy = directives(pageHeaders({ nonce: 'abc' }));
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
      'cross-origin-resource-policy': 'same-origin',
    });
    expect(pageHeaders()['permissions-policy']).not.toContain('otp-credentials');
  });

  it('let no script of the page turn text into markup or code', () => {
    const policy = directives(pageHeaders());
    expect(policy.get('require-trusted-types-for')).toEqual(["'script'"]);
    expect(policy.get('trusted-types')).toEqual(["'none'"]);
  });

  it('let the listed origins frame it, and hosts that isolate themselves', () => {
    const headers = pageHeaders({ frameAncestors: ['https://shop.example', 'https://app.example'] });
    expect(directives(headers).get('frame-ancestors')).toEqual([
      'https://shop.example',
      'https://app.example',
    ]);
    expect(headers).toMatchObject({
      'cross-origin-embedder-policy': 'require-corp',
      'cross-origin-resource-policy': 'cross-origin',
    });
    expect(headers).not.toHaveProperty('x-frame-options');
  });

  it('let forms lead to the listed origins besides its own', () => {
    const headers = pageHeaders({ formAction: ['https://shop.example'] });
    expect(directives(headers).get('form-action')).toEqual(["'self'", 'https://shop.example']);
  });

  it('let the page read the code of a text message where that is what it is for', () => {
    expect(pageHeaders({ readsMessages: true })['permissions-policy']).toContain('otp-credentials=(self)');
  });
});
