import { command, type Outcome } from '../parts.js';

/** Whether a folder is as it is committed or staged: nothing changed, nothing new. */
export function unchanged(path: string): Outcome {
  const { ok, output } = command('git', ['diff', '--exit-code', '--stat', '--', path]);
  const added = command('git', ['ls-files', '--others', '--exclude-standard', '--', path]);
  return { ok: ok && added.output === '', output: `${output}${added.output}` };
}
