import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { Readable } from 'node:stream';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { createProgram } from '../../server/cli/program.js';
import { builtMain } from '../support/builtServer.js';
import { startProcess } from '../support/serviceProcess.js';

const program = createProgram({
  stdin: Readable.from([]),
  stdout: { write: () => {} },
  stderr: { write: () => {} },
  env: {},
  now: Date.now,
});

/** Every page in Markdown that may have commands in it, but for the reference that is made from them. */
async function pages(): Promise<string[]> {
  const found = await readdir('docs', { recursive: true });
  const paths = found.filter((name) => name.endsWith('.md')).map((name) => join('docs', name));
  return [...paths, 'README.md', 'tools/packages/README.md'].filter((path) => !path.endsWith('cli.md'));
}

/** Command lines of `countersign` in a text: in blocks of code, and in backquotes. */
function commandsIn(text: string): string[] {
  const lines = text.match(/^(?:npx )?countersign .*$/gm) ?? [];
  const quoted = [...text.matchAll(/`(?:npx )?(countersign [a-z][^`]*)`/g)].map(([, command]) => command!);
  return [...lines, ...quoted].map((line) =>
    line
      .replace(/^npx /, '')
      .split(/ [|<>&#] ?/)[0]!
      .trim(),
  );
}

/** What of a command line does not exist. */
function unknownParts(line: string): string[] {
  const [, ...words] = line.split(/\s+/);
  let command = program;
  const unknown: string[] = [];
  for (const word of words) {
    const child = command.commands.find((one) => one.name() === word);
    if (child) command = child;
    else if (word.startsWith('--') && word !== '--help' && word !== '--version') {
      const long = word.split('=')[0];
      if (![...command.options, ...program.options].some((one) => one.long === long)) unknown.push(word);
    }
  }
  const isGroup = command.commands.length > 0 && words.length > 0;
  const hasDefault = (command as { _defaultCommandName?: string | null })._defaultCommandName != null;
  const stopsEarly =
    isGroup &&
    !hasDefault &&
    words[0] !== '--help' &&
    words[0] !== '--version' &&
    words.at(-1) !== command.name();
  return stopsEarly ? [...unknown, line] : unknown;
}

describe('commands of countersign in the documentation', () => {
  it('exist, with every flag', async () => {
    const unknown: string[] = [];
    for (const path of await pages()) {
      for (const line of commandsIn(await readFile(path, 'utf8'))) {
        unknown.push(...unknownParts(line).map((part) => `${path}: ${part}`));
      }
    }
    expect(unknown).toEqual([]);
  });

  it('are found out where they do not exist', () => {
    expect(unknownParts('countersign keys creat')).toEqual(['countersign keys creat']);
    expect(unknownParts('countersign keys create --name x')).toEqual(['--name']);
    expect(commandsIn('```sh\ncountersign backup x.db > log\n```\nand `countersign keys ls`')).toEqual([
      'countersign backup x.db',
      'countersign keys ls',
    ]);
  });

  it.skipIf(process.platform === 'win32')(
    'of the page on backups back a store up, check it and restore it',
    async () => {
      const folder = await mkdtemp(join(tmpdir(), 'countersign-page-'));
      try {
        const cli = join(dirname(await builtMain()), 'cli', 'main.js');
        await mkdir(join(folder, 'bin'));
        await writeFile(
          join(folder, 'bin/countersign'),
          `#!/bin/sh\nexec ${process.execPath} ${cli} "$@"\n`,
          { mode: 0o755 },
        );
        const env = { OTP_DATA_DIR: join(folder, 'data') };
        await (await startProcess(env)).end();
        const text = await readFile('docs/operations/backups.md', 'utf8');
        const blocks = [...text.matchAll(/(<!-- not run[^\n]*\n)?```sh\n([\s\S]*?)```/g)];
        const script = blocks.filter(([, marked]) => !marked).map(([, , commands]) => commands!);
        expect(script).toHaveLength(2);
        const today = new Date().toISOString().slice(0, 10);
        // A person confirms on a terminal; here it is said beforehand.
        const commands = `set -e\n${script.join('')}`
          .replaceAll('/backups', folder)
          .replace('2030-01-15', today)
          .replace('--replace', '--replace --yes');
        const { stdout } = await promisify(execFile)('bash', ['-c', commands], {
          env: { ...env, TZ: 'UTC', PATH: `${join(folder, 'bin')}:${process.env.PATH}` },
        });
        expect(stdout.trim().split('\n')).toHaveLength(3);
        expect((await readdir(env.OTP_DATA_DIR)).some((name) => name.includes('before-restore'))).toBe(true);
      } finally {
        await rm(folder, { recursive: true, force: true });
      }
    },
    120_000,
  );
});
