import { hasChanged, unchangedPart } from './changed.js';
import { builtParts } from './deploy/built.js';
import { fileParts } from './deploy/files.js';
import { runParts } from './parts.js';

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

const built = task === 'all' || hasChanged(PATHS) ? builtParts : builtParts.map(unchangedPart);
if (!(await runParts([...fileParts, ...built]))) process.exitCode = 1;
