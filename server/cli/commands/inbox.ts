import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { Code, ConnectError } from '@connectrpc/connect';
import { type Command, InvalidArgumentError } from 'commander';
import { createTestInbox } from '../../../clients/testing/index.js';
import type { InboxMessage } from '../../delivery/vendors/inbox/messages.js';
import { EXIT, exitStatusOf } from '../../errors.js';
import { INBOX_TOKEN_FILE } from '../../secrets/inboxToken.js';
import { readIfPresent } from '../../secrets/secretFile.js';
import type { Cli } from '../cli.js';
import { CliError } from '../errors.js';
import type { Column } from '../output/table.js';
import { seconds } from '../resources/readValue.js';
import { examples } from './examples.js';

type Message = Pick<InboxMessage, 'id' | 'time' | 'channel' | 'to' | 'text'>;

const COLUMNS: readonly Column<Message>[] = [
  { title: 'AT', value: ({ time }) => time },
  { title: 'CHANNEL', value: ({ channel }) => channel },
  { title: 'TO', value: ({ to }) => to },
  { title: 'TEXT', value: ({ text }) => text },
];
const POLL_MS = 200;

/** `countersign inbox`: the messages of a service in development. */
export function addInbox(program: Command, cli: Cli): void {
  const inbox = program
    .command('inbox')
    .helpGroup('Codes:')
    .description(
      'messages of a service in development, codes included; OTP_INBOX_TOKEN, or OTP_DATA_DIR, opens them',
    );
  inbox
    .command('ls', { isDefault: true })
    .description('List the messages, newest first.')
    .option('--follow', 'then print each new message as it arrives')
    .addHelpText('after', examples('countersign inbox', 'countersign inbox ls --follow'))
    .action(async ({ follow }: { readonly follow?: true }) => {
      const messages = await readInbox(cli);
      cli.print.table(COLUMNS, messages, messages);
      const seen = new Set(messages.map(({ id }) => id));
      while (follow) {
        await pause(POLL_MS);
        const fresh = (await readInbox(cli)).filter(({ id }) => !seen.has(id));
        for (const message of fresh.reverse()) {
          seen.add(message.id);
          cli.print.table(COLUMNS, [message], message);
        }
      }
    });
  inbox
    .command('code')
    .description('Print the latest code for a recipient, and wait for it if need be.')
    .argument('<recipient>', 'e-mail address or phone number')
    .option('--timeout <duration>', 'how long to wait', readTimeout, 10)
    .addHelpText('after', examples('countersign inbox code you@example.com | countersign verify "$SESSION"'))
    .action(async (recipient: string, { timeout }: { readonly timeout: number }) => {
      const inbox = createTestInbox({ baseUrl: cli.url(), inboxToken: await inboxToken(cli) });
      const code = await inbox.lastCode(recipient, { timeoutMs: timeout * 1000 }).catch(explain);
      cli.print.text(code, { code });
    });
}

/** The exit status of the call; a service without an inbox has no code either. */
function explain(thrown: Error): never {
  const { cause } = thrown;
  const isMissing = !(cause instanceof ConnectError) || cause.code === Code.Unimplemented;
  throw new CliError(thrown.message.replace(/\.$/, ''), isMissing ? EXIT.noInput : exitStatusOf(cause.code));
}

async function readInbox(cli: Cli): Promise<readonly Message[]> {
  const url = cli.url();
  const headers = { authorization: `Bearer ${await inboxToken(cli)}` };
  const response = await fetch(`${url}/inbox.json`, { headers }).catch((error: Error) => {
    throw new CliError(
      `${url} cannot be reached: ${(error.cause as Error | undefined)?.message ?? error.message}`,
      EXIT.tryAgain,
    );
  });
  if (response.status === 401)
    throw new CliError(`${url} has an inbox with another token`, EXIT.noPermission);
  if (!response.ok) throw new CliError(`${url} has no inbox: it exists in development only`, EXIT.noInput);
  return ((await response.json()) as { readonly messages: readonly Message[] }).messages;
}

/** Of the environment, else of the data folder, as the service itself has it. Never of an argument, which others can see. */
async function inboxToken({ io: { env } }: Cli): Promise<string> {
  if (env.OTP_INBOX_TOKEN) return env.OTP_INBOX_TOKEN;
  const path = join(env.OTP_DATA_DIR || './data', INBOX_TOKEN_FILE);
  const text = await readIfPresent(path).catch(() => undefined);
  if (text !== undefined) return text.trim();
  throw new CliError(
    `There is no inbox token: set OTP_INBOX_TOKEN to the one that the service printed at its start, or OTP_DATA_DIR to its data folder`,
    EXIT.noPermission,
  );
}

function readTimeout(text: string): number {
  const count = seconds(text);
  if (count === undefined) throw new InvalidArgumentError('It must be a duration such as 10s.');
  return count;
}
