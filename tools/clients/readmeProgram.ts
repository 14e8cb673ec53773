import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { readInbox } from '../../test/support/inbox.js';
import type { Outcome } from '../parts.js';

/** To whom the programs of the READMEs send. */
const RECIPIENT = 'you@example.com';

/** Long enough for the event loop to see what happened to its sockets. */
const NOTICED_MS = 200;

/** Writes the first program in a language of a page into a file, and returns its path. */
export function writeProgram(page: string, language: string, file: string): string {
  const program = new RegExp(`^\`\`\`${language}\n([^]*?)^\`\`\`$`, 'm').exec(
    readFileSync(page, 'utf8'),
  )?.[1];
  if (program === undefined) throw new Error(`${page} has no program in ${language}`);
  const path = resolve(file);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, program);
  return path;
}

/** Runs a program that sends a code and asks for it: gives it a wrong one, then the one that came. */
export async function enterCode(
  file: string,
  args: readonly string[],
  env: Readonly<Record<string, string>>,
): Promise<Outcome> {
  const { COUNTERSIGN_TARGET: target = '', COUNTERSIGN_API_KEY: apiKey = '' } = env;
  const inbox = () => messages(target, env.COUNTERSIGN_INBOX_TOKEN ?? '');
  // Commands before this one blocked the process: a connection that ended meanwhile has to be noticed, or it is used again.
  await pause(NOTICED_MS);
  const before = (await inbox()).length;
  const child = spawn(file, args, {
    env: { ...process.env, ...env, OTP_TARGET: target, OTP_API_KEY: apiKey },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text;
    });
  }
  const ended = once(child, 'close');
  const code = await codeAfter(inbox, before, () => child.exitCode !== null);
  child.stdin.on('error', () => {}).end(`0\n${code}\n`);
  const [status] = await ended;
  return { ok: status === 0 && output.includes('left') && output.includes('Proved for 4711'), output };
}

/** The code of the message that is there after `before` others; empty when the program ended without one. */
async function codeAfter(
  inbox: () => Promise<readonly string[]>,
  before: number,
  over: () => boolean,
): Promise<string> {
  while (!over()) {
    const all = await inbox();
    if (all.length > before) return /\d{6}/.exec(all[0] ?? '')?.[0] ?? '';
    await pause(50);
  }
  return '';
}

/** The texts of the messages to the programs' recipient in the development inbox, newest first. */
async function messages(target: string, token: string): Promise<readonly string[]> {
  const inbox = await readInbox(`http://${target}`, token);
  return inbox.filter(({ to }) => to === RECIPIENT).map(({ text }) => text);
}
