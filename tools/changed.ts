import { command, type Part } from './parts.js';

/**
 * Whether a file under these paths has changed since main; on main itself, since
 * the commit before. Where git cannot say, everything has changed.
 */
export function hasChanged(paths: readonly string[]): boolean {
  const head = command('git', ['rev-parse', 'HEAD']);
  const base = ['main', 'origin/main']
    .map((branch) => command('git', ['merge-base', 'HEAD', branch]))
    .find(({ ok }) => ok);
  const since = base && base.output !== head.output ? base.output.trim() : 'HEAD^';
  return !command('git', ['diff', '--quiet', since, '--', ...paths]).ok;
}

/** A part that is left out because its files are as they were. */
export const unchangedPart = ({ name }: Part): Part => ({
  name,
  run: async () => 'skipped: nothing it depends on has changed since main',
});
