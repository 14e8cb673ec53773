import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { command, has } from './parts.js';

/** A virtual environment of Python, or why it cannot be here. */
export interface PythonTools {
  readonly bin: string;
  readonly missing: string | undefined;
}

const made = new Map<string, PythonTools>();

/** Packages of a requirements file, in a virtual environment kept between runs and made again when the file changes. */
export function pythonTools(name: string, requirements: string): PythonTools {
  const known = made.get(name);
  if (known) return known;
  const folder = resolve('.cache', name);
  const tools = { bin: join(folder, 'bin'), missing: makeEnvironment(folder, requirements) };
  made.set(name, tools);
  return tools;
}

function makeEnvironment(folder: string, requirements: string): string | undefined {
  const stamp = join(folder, 'requirements.txt');
  const wanted = readFileSync(requirements, 'utf8');
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) return undefined;
  if (!has('python3', '-c', 'import sys, venv; sys.exit(sys.version_info < (3, 10))')) {
    return 'python3 of 3.10 or later, with venv, is missing';
  }
  rmSync(folder, { recursive: true, force: true });
  if (!command('python3', ['-m', 'venv', folder]).ok) return 'python3 cannot make a virtual environment';
  const install = ['-m', 'pip', 'install', '--quiet', '--requirement', requirements];
  if (!command(join(folder, 'bin', 'python'), install).ok)
    return `the packages of ${requirements} cannot be installed`;
  writeFileSync(stamp, wanted);
  return undefined;
}
