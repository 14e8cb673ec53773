import { Readable } from 'node:stream';
import type { Command } from 'commander';
import { createProgram } from '../../../server/cli/program.js';
import { SETTINGS } from '../../../server/config/config.js';
import { fileVariable, secretsOf } from '../../../server/config/secretFiles.js';
import { INBOX, VENDORS } from '../../../server/delivery/vendors/index.js';

const sink = { write: () => {} };
const PROGRAM = createProgram({
  stdin: Readable.from([]),
  stdout: sink,
  stderr: sink,
  env: {},
  now: Date.now,
});

const optionsOf = (command: Command): string[] =>
  command.options.flatMap(({ long, short }) => [long, short].filter((one) => one != null));
const GLOBAL = [...optionsOf(PROGRAM), '--help', '-h'];

/** Every option of any command. */
export const ALL_OPTIONS: ReadonlySet<string> = new Set([...GLOBAL, ...below(PROGRAM).flatMap(optionsOf)]);

function below(command: Command): Command[] {
  return command.commands.flatMap((child) => [child, ...below(child)]);
}

const tables = [SETTINGS, ...[...VENDORS, INBOX].map(({ settings }) => settings.settings)];

/** Every environment variable that the service or the command line reads. */
export const VARIABLES: ReadonlySet<string> = new Set([
  ...tables.flatMap((settings) => Object.values(settings).map(({ variable }) => variable)),
  ...secretsOf(tables).map(fileVariable),
  'COUNTERSIGN_URL',
  'COUNTERSIGN_API_KEY',
]);

/** Code of a text: what is between backquotes, and the lines of its shell blocks, continued ones joined. */
export function codeOf(text: string): {
  readonly inline: readonly string[];
  readonly shell: readonly string[];
} {
  const blocks = [...text.matchAll(/^ *```(?:sh|bash|console)\n([\s\S]*?)^ *```$/gm)].map(
    ([, code]) => code!,
  );
  const prose = text.replaceAll(/^ *```[\s\S]*?^ *```$/gm, '');
  return {
    inline: [...prose.matchAll(/`([^`\n]+)`/g)].map(([, code]) => code!),
    shell: blocks.flatMap((code) =>
      code
        .replaceAll('\\\n', ' ')
        .split('\n')
        .map((line) => line.trim()),
    ),
  };
}

/** The calls of our command line in a piece of shell, each without the program's name. */
export const commandsIn = (code: string): string[] =>
  code
    .split(/\||&&|;|\$\(/)
    .flatMap(
      (part) => /^(?:npx )?countersign(?: (.*))?$/.exec(part.trim().replace(/ +#.*$/, ''))?.slice(1) ?? [],
    )
    .map((rest) => rest ?? '');

/** What is wrong with a command of ours, or undefined. A whole one also has all its arguments. */
export function faultOf(line: string, isWhole: boolean): string | undefined {
  const words = line
    .replaceAll(/<[^>]*>/g, 'X')
    // Usage lines mark what may be left out.
    .replaceAll(/\[[^\]]*\]/g, '')
    .replaceAll(/\$\([^)]*\)/g, 'X')
    .split(/\s+/)
    .filter((word) => word !== '' && !/^[<>]/.test(word));
  let command = PROGRAM;
  while (words.length > 0 && command.commands.length > 0 && !words[0]!.startsWith('-')) {
    const child = command.commands.find(
      (one) => one.name() === words[0] || one.aliases().includes(words[0]!),
    );
    if (!child) return `\`countersign ${line}\`: there is no command ${words[0]}`;
    command = child;
    words.shift();
  }
  if (isWhole && command.commands.length > 0 && words.every((word) => !/^-/.test(word))) {
    return `\`countersign ${line}\`: names no command`;
  }
  let given = 0;
  for (const word of words) {
    if (!word.startsWith('-') || word === '-') {
      given++;
      continue;
    }
    const name = word.split('=')[0]!;
    if (![...optionsOf(command), ...GLOBAL].includes(name))
      return `\`countersign ${line}\`: there is no option ${name}`;
    const option = command.options.find(({ long, short }) => long === name || short === name);
    if (option?.required && !word.includes('=')) given--;
  }
  const most = command.registeredArguments.some(({ variadic }) => variadic)
    ? Number.POSITIVE_INFINITY
    : command.registeredArguments.length;
  const least = command.registeredArguments.filter(({ required }) => required).length;
  if (given > most) return `\`countersign ${line}\`: takes ${most} arguments`;
  if (isWhole && given < least) return `\`countersign ${line}\`: needs ${least} arguments`;
  return undefined;
}
