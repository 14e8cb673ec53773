import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  copyFileSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { makeExecutable } from './deb/executable.js';

/** Makes countersign_<version>_<architecture>.deb of the service built into dist/: `tsx tools/deb.ts <folder>`. */
const [target = 'dist/release'] = process.argv.slice(2);
const { version, description } = JSON.parse(readFileSync('package.json', 'utf8')) as Record<string, string>;
const arch = process.arch === 'x64' ? 'amd64' : process.arch;
const root = resolve('dist/deb/root');
rmSync('dist/deb', { recursive: true, force: true });

function place(from: string, to: string, mode: number): void {
  const path = join(root, to);
  mkdirSync(dirname(path), { recursive: true, mode: 0o755 });
  copyFileSync(from, path);
  chmodSync(path, mode);
}

place(await makeExecutable(resolve('dist/deb/build')), 'usr/lib/countersign/countersign', 0o755);
for (const name of readdirSync('dist/screens'))
  place(join('dist/screens', name), join('usr/lib/countersign/screens', name), 0o644);
mkdirSync(join(root, 'usr/bin'), { recursive: true, mode: 0o755 });
symlinkSync('../lib/countersign/countersign', join(root, 'usr/bin/countersign'));
place('deploy/systemd/countersign.service', 'lib/systemd/system/countersign.service', 0o644);
place('deploy/debian/countersign.env', 'etc/countersign/countersign.env', 0o640);
place('LICENSE', 'usr/share/doc/countersign/copyright', 0o644);
for (const script of ['postinst', 'prerm', 'postrm'])
  place(`deploy/debian/${script}`, `DEBIAN/${script}`, 0o755);
const control = readFileSync('deploy/debian/control', 'utf8')
  .replace('@VERSION@', version ?? '')
  .replace('@ARCHITECTURE@', arch)
  .replace('@DESCRIPTION@', description ?? '');
writeFileSync(join(root, 'DEBIAN/control'), control);
writeFileSync(join(root, 'DEBIAN/conffiles'), '/etc/countersign/countersign.env\n');

mkdirSync(target, { recursive: true });
const file = join(target, `countersign_${version}_${arch}.deb`);
execFileSync('dpkg-deb', ['--root-owner-group', '-Zxz', '-z1', '--build', root, file], {
  stdio: ['ignore', 'ignore', 'inherit'],
});
console.log(file);
