import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { promisify } from 'node:util';
import type { Command } from 'commander';
import { describe, expect, it } from 'vitest';
import { completions } from '../../server/cli/commands/completion.js';
import { createProgram } from '../../server/cli/program.js';
import { GROUPS } from '../../server/cli/resources/groups.js';
import { contractServices } from '../support/services.js';
import { commandLine } from './support/commandLine.js';

const program = createProgram({
  stdin: Readable.from([]),
  stdout: { write: () => {} },
  stderr: { write: () => {} },
  env: {},
  now: Date.now,
});

interface Leaf {
  readonly name: string;
  readonly command: Command;
}

const leaves = (command: Command, prefix: string): Leaf[] =>
  command.commands
    .filter((one) => one.name() !== 'help')
    .flatMap((one) => {
      const name = `${prefix}${one.name()}`;
      return one.commands.length > 0 ? leaves(one, `${name} `) : [{ name, command: one }];
    });
const LEAVES = leaves(program, '').filter(({ name }) => name !== '__complete');

describe('the command tree', () => {
  it('has commands for every method of every service', async () => {
    // The inbox has a command that is opened by the inbox token, not by an API key.
    const own = ['otp.v1.OtpService', 'otp.v1.VerificationTokenService', 'otp.admin.v1.InboxService'];
    const services = (await contractServices()).filter(({ typeName }) => !own.includes(typeName));
    const grouped = new Set(GROUPS.map(({ service }) => service));
    expect(services.map(({ typeName }) => typeName).filter((name) => !grouped.has(name))).toEqual([]);
    const methods = services.flatMap((one) => one.methods.filter(({ methodKind }) => methodKind === 'unary'));
    const administrative = GROUPS.flatMap(({ name }) =>
      LEAVES.filter((leaf) => leaf.name.startsWith(`${name} `)),
    );
    // `webhooks listen` calls no method of its service.
    expect(administrative).toHaveLength(methods.length + 1);
  });

  it('gives no two commands one name', () => {
    expect(new Set(LEAVES.map(({ name }) => name)).size).toBe(LEAVES.length);
  });

  it.each(LEAVES.map(({ name }) => name))('%s has a description, and examples that parse', async (name) => {
    const { command } = LEAVES.find((leaf) => leaf.name === name)!;
    expect(command.description()).toMatch(/\.$/);
    const { out, status } = await commandLine({})([...name.split(' '), '--help']);
    expect(status).toBe(0);
    const examples = out.slice(out.indexOf('\nExamples:')).match(/countersign .*/g) ?? [];
    expect(examples.length).toBeGreaterThan(0);
    for (const example of examples) expect(unknownFlags(example.split(/ [|<>] |\)/)[0]!)).toEqual([]);
  });

  it('takes no secret in an argument', () => {
    const secret = /secret|token|password|code\b|api-key/;
    const taken = LEAVES.flatMap(({ name, command }) => [
      ...command.registeredArguments.map((one) => `${name} ${one.name()}`),
      ...command.options.filter(({ long }) => !long?.endsWith('-file')).map(({ long }) => `${name} ${long}`),
    ]);
    expect(
      taken.filter((one) => secret.test(one.split(' ').at(-1)!) && !/\bcode-length$|-id$/.test(one)),
    ).toEqual([]);
  });
});

/** Flags and commands of an example that do not exist. */
function unknownFlags(example: string): string[] {
  const [, ...words] = example.replaceAll(/"[^"]*"/g, 'text').split(/\s+/);
  let command = program;
  const unknown: string[] = [];
  for (const word of words) {
    const child = command.commands.find((one) => one.name() === word);
    if (child) command = child;
    else if (word.startsWith('--')) {
      const long = word.split('=')[0];
      if (![...command.options, ...program.options].some((one) => one.long === long)) unknown.push(word);
    }
  }
  return unknown;
}

describe('completion', () => {
  it('offers commands, then flags, then the words of a flag', () => {
    expect(completions(program, [])).toEqual(expect.arrayContaining(['send', 'sessions', '--json']));
    expect(completions(program, [])).not.toContain('__complete');
    expect(completions(program, ['sessions'])).toEqual(expect.arrayContaining(['ls', 'get']));
    expect(completions(program, ['sessions', 'ls', '--status'])).toContain('approved');
    expect(completions(program, ['completion'])).toEqual(expect.arrayContaining(['bash', 'zsh', 'fish']));
    expect(completions(program, ['webhooks', 'update', 'id'])).toContain('--disabled');
  });

  it.skipIf(process.platform === 'win32')('works in bash', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'countersign-completion-'));
    try {
      const { out } = await commandLine({})(['completion', 'bash']);
      await writeFile(
        join(folder, 'countersign'),
        `#!/bin/sh\nexec ${process.execPath} --import tsx server/cli/main.ts "$@"\n`,
        {
          mode: 0o755,
        },
      );
      const script = `${out}
        COMP_WORDS=(countersign sessions l); COMP_CWORD=2; _countersign; echo "\${COMPREPLY[@]}"
        COMP_WORDS=(countersign sessions ls --sta); COMP_CWORD=3; _countersign; echo "\${COMPREPLY[@]}"`;
      const { stdout } = await promisify(execFile)('bash', ['-c', script], {
        env: { ...process.env, PATH: `${folder}:${process.env.PATH}` },
      });
      expect(stdout).toBe('ls\n--status\n');
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });
});
