import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Locked, problemsOf } from './dependencies/rules.js';

/**
 * Checks the packages that are installed with the service: licence, scripts that
 * run at installation, and the integrity that the lockfile holds. Needs no
 * registry: it reads the lockfile and what is installed.
 */
const { packages } = JSON.parse(readFileSync('package-lock.json', 'utf8')) as {
  readonly packages: Readonly<Record<string, Locked>>;
};

const problems = Object.entries(packages).flatMap(([path, locked]) => {
  if (path === '' || locked.dev || locked.devOptional) return [];
  const manifest = join(path, 'package.json');
  // Packages of other platforms are locked and not installed.
  const installed = existsSync(manifest) ? JSON.parse(readFileSync(manifest, 'utf8')) : undefined;
  return problemsOf(path, locked, installed);
});

for (const problem of problems) process.stderr.write(`${problem}\n`);
process.exitCode = problems.length > 0 ? 1 : 0;
