import { readFileSync } from 'node:fs';
import type { SettingTable } from './setting.js';
import type { Environment } from './settingGroup.js';

/** The variable that names the file of a secret, as containers and systemd hand secrets over. */
export const fileVariable = (variable: string): string => `${variable}_FILE`;

/** Every secret of some tables. */
export const secretsOf = (tables: readonly SettingTable[]): readonly string[] => [
  ...new Set(
    tables.flatMap((table) => Object.values(table).flatMap((one) => (one.secret ? one.variable : []))),
  ),
];

/**
 * The environment with the secrets of files filled in. `wrong` has one line for
 * each file that cannot be used; it names the path, never the contents.
 */
export function withSecretFiles(tables: readonly SettingTable[], environment: Environment) {
  const filled: Record<string, string | undefined> = { ...environment };
  const wrong: string[] = [];
  for (const variable of secretsOf(tables)) {
    const path = environment[fileVariable(variable)];
    if (!path) continue;
    const fault = environment[variable] ? `must not be set together with ${variable}` : undefined;
    const { text = '', problem } = fault ? { problem: fault } : readSecret(path);
    if (problem) wrong.push(`${fileVariable(variable)}=${path}: ${problem}`);
    else filled[variable] = text;
  }
  return { environment: filled, wrong };
}

function readSecret(path: string): { readonly text?: string; readonly problem?: string } {
  try {
    // Editors and `echo` end a file with a newline, which is no part of the secret.
    const text = readFileSync(path, 'utf8').trim();
    return text ? { text } : { problem: 'must not be empty' };
  } catch (error) {
    return { problem: `must be a file that can be read (${(error as NodeJS.ErrnoException).code})` };
  }
}
