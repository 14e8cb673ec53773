import { describe, expect, it } from 'vitest';
import { type Locked, type Manifest, problemsOf } from '../../tools/dependencies/rules.js';

const PATH = 'node_modules/a/node_modules/@scope/name';
const LOCKED: Locked = { version: '1.2.3', integrity: `sha512-${'A'.repeat(86)}==`, license: 'MIT' };
const INSTALLED: Manifest = { version: '1.2.3', license: 'MIT' };
const check = (locked: Partial<Locked> = {}, installed: Manifest | undefined = INSTALLED, path = PATH) =>
  problemsOf(path, { ...LOCKED, ...locked }, installed);

describe('a production package', () => {
  it.each([
    ['of an allowed licence', {}, INSTALLED],
    [
      'of a choice of licences',
      { license: '(GPL-3.0 OR MIT)' },
      { ...INSTALLED, license: '(GPL-3.0 OR MIT)' },
    ],
    ['with its licence in the old form', {}, { ...INSTALLED, license: { type: 'ISC' } }],
    ['with scripts that run elsewhere', {}, { ...INSTALLED, scripts: { test: 'x', prepare: 'x' } }],
  ])('%s passes', (_which, locked, installed) => {
    expect(check(locked, installed)).toEqual([]);
  });

  it('of another platform, which is not installed, passes', () => {
    expect(problemsOf(PATH, { ...LOCKED, optional: true }, undefined)).toEqual([]);
    expect(problemsOf(PATH, LOCKED, undefined)).toEqual([expect.stringContaining('is not installed')]);
  });

  it.each<[string, Partial<Locked>, Manifest]>([
    ['has the licence GPL-3.0', { license: 'GPL-3.0' }, INSTALLED],
    ['has the licence AGPL-3.0-only', {}, { ...INSTALLED, license: 'AGPL-3.0-only' }],
    ['has the licence MIT AND GPL-2.0', { license: 'MIT AND GPL-2.0' }, INSTALLED],
    ['has the licence SEE LICENSE IN EULA', {}, { ...INSTALLED, license: 'SEE LICENSE IN EULA' }],
    ['runs a script when it is installed', { hasInstallScript: true }, INSTALLED],
    [
      'runs a script when it is installed: postinstall',
      {},
      { ...INSTALLED, scripts: { postinstall: 'node x.js' } },
    ],
    ['the lockfile holds no SHA-512', { integrity: '' }, INSTALLED],
    ['the lockfile holds no SHA-512', { integrity: 'sha1-AAAAAAAAAAAAAAAAAAAAAAAAAAA=' }, INSTALLED],
    ['the lockfile names the registry', { resolved: 'https://registry.example/a.tgz' }, INSTALLED],
    ['is a link', { link: true }, INSTALLED],
    ['is installed as 9.9.9', {}, { ...INSTALLED, version: '9.9.9' }],
  ])('%s', (problem, locked, installed) => {
    expect(check(locked, installed)).toEqual([expect.stringContaining(`@scope/name@1.2.3: ${problem}`)]);
  });

  it('that names no licence anywhere is named', () => {
    const { license: _license, ...locked } = LOCKED;
    expect(problemsOf(PATH, locked, { version: '1.2.3' })).toEqual([
      expect.stringContaining('names no licence'),
    ]);
  });
});
