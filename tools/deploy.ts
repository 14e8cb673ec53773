import { builtParts } from './deploy/built.js';
import { fileParts } from './deploy/files.js';
import { command, type Part, runParts } from './parts.js';

/**
 * The ways of running the service in deploy/. Without an argument all are built
 * and run where the machine can; `changed` leaves out what takes minutes unless
 * something it depends on has changed since main.
 */
const [task = 'all'] = process.argv.slice(2);
if (task !== 'all' && task !== 'changed') throw new Error(`deploy: ${task} must be all or changed`);

const PATHS = [
  'deploy',
  'tools/deb',
  'tools/deb.ts',
  'tools/deploy',
  '.dockerignore',
  'package.json',
  'tsconfig.build.json',
];

/** Since main; on main itself, since the commit before. */
function hasChanged(): boolean {
  const base = command('git', ['merge-base', 'HEAD', 'main']).output.trim();
  const head = command('git', ['rev-parse', 'HEAD']).output.trim();
  const since = base && base !== head ? base : 'HEAD^';
  return !command('git', ['diff', '--quiet', since, '--', ...PATHS]).ok;
}

const unchanged = ({ name }: Part): Part => ({
  name,
  run: async () => 'skipped: nothing it depends on has changed since main',
});

const built = task === 'all' || hasChanged() ? builtParts : builtParts.map(unchanged);
if (!(await runParts([...fileParts, ...built]))) process.exitCode = 1;
