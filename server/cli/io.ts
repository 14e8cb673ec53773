import type { Readable } from 'node:stream';
import type { Environment } from '../config/settingGroup.js';

/** Where text goes: a terminal, or a file or another program. */
export interface Output {
  write(text: string): unknown;
  readonly isTTY?: boolean;
}

/** What a command reads from and writes to. */
export interface Io {
  readonly stdin: Readable & { readonly isTTY?: boolean };
  readonly stdout: Output;
  readonly stderr: Output;
  readonly env: Environment;
  /** Milliseconds since 1970: what durations from now are added to. */
  now(): number;
}

/** The secret on standard input: secrets in arguments are visible to every user of the machine. */
export async function readSecret({ stdin, stderr }: Io, what: string): Promise<string> {
  if (stdin.isTTY) return promptSecret(what);
  const chunks: Buffer[] = [];
  for await (const chunk of stdin) chunks.push(Buffer.from(chunk));
  const text = Buffer.concat(chunks).toString('utf8').trim();
  if (!text) stderr.write(`${what} is read from standard input, which is empty.\n`);
  return text;
}

async function promptSecret(what: string): Promise<string> {
  const { password } = await import('@inquirer/prompts');
  return (await password({ message: `${what}:` })).trim();
}

/** Asks for the word that confirms something that cannot be undone. Without a terminal only `--yes` confirms. */
export async function confirm({ stdin }: Io, message: string, word: string): Promise<boolean> {
  if (!stdin.isTTY) return false;
  const { input } = await import('@inquirer/prompts');
  return (await input({ message: `${message} Type ${word} to confirm:` })).trim() === word;
}
