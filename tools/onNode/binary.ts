import { execSync } from 'node:child_process';
import { existsSync, renameSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';

/**
 * The binary of the newest Node of a line ("26") or of one version ("20.19.0"),
 * fetched once into .cache/. The npm package `node` is only an installer, which
 * a project without install scripts cannot use; the binary itself is in a
 * package of its own for each platform.
 */
export function nodeBinary(version: string): string {
  const folder = resolve('.cache', `node-${version}`);
  const name = platformPackage();
  const binary = join(
    folder,
    'node_modules',
    name,
    'bin',
    process.platform === 'win32' ? 'node.exe' : 'node',
  );
  if (!existsSync(binary)) fetchInto(folder, `${name}@${version}`);
  return binary;
}

/** Fetched aside and renamed, so that a run that was cut short leaves no half of it. */
function fetchInto(folder: string, what: string): void {
  const aside = `${folder}.${process.pid}`;
  try {
    execSync(`npm install --prefix ${JSON.stringify(aside)} --no-save --ignore-scripts --silent ${what}`, {
      stdio: 'inherit',
    });
    rmSync(folder, { recursive: true, force: true });
    renameSync(aside, folder);
  } finally {
    rmSync(aside, { recursive: true, force: true });
  }
}

/** As the package `node` names them. */
function platformPackage(): string {
  const { platform, arch } = process;
  const prefix = platform === 'darwin' && arch === 'arm64' ? 'node-bin' : 'node';
  return `${prefix}-${platform === 'win32' ? 'win' : platform}-${arch}`;
}
