import { readFile } from 'node:fs/promises';
import { timestampDate } from '@bufbuild/protobuf/wkt';
import type { Command } from 'commander';
import { EventType, EventTypeSchema } from '../../../gen/otp/v1/otp_service_pb.js';
import { ChannelSchema, SessionStatusSchema } from '../../../gen/otp/v1/session_pb.js';
import { systemRandom } from '../../platform/random.js';
import { newWebhookSecret, signWebhook, webhookSecretFault } from '../../secrets/tokens/standardWebhooks.js';
import type { Cli } from '../cli.js';
import { usage } from '../errors.js';
import { examples } from './examples.js';
import { word } from './show.js';
import { type TailedEvent, tailEvents } from './tail.js';

/** How long a receiver may take, as it may for the service. */
const TIMEOUT_MS = 10_000;
/** The types that webhooks carry. */
const TYPES: readonly EventType[] = [
  EventType.SESSION_PARTIAL,
  EventType.SESSION_APPROVED,
  EventType.SESSION_LOCKED,
  EventType.SESSION_EXPIRED,
  EventType.SESSION_CANCELED,
  EventType.DELIVERY_ACCEPTED,
  EventType.DELIVERY_DELIVERED,
  EventType.DELIVERY_FAILED,
];

interface Options {
  readonly forwardTo: string;
  readonly secretFile?: string;
}

/** Adds `listen` to `countersign webhooks`. */
export function addListen(program: Command, cli: Cli): void {
  program.commands
    .find((command) => command.name() === 'webhooks')!
    .command('listen')
    .description(
      'Forward events to a receiver on this machine, which the service cannot reach, signed as webhooks are.',
    )
    .requiredOption('--forward-to <url>', 'the URL of the receiver', readUrl)
    .option('--secret-file <file>', 'has the secret to sign with; without it one is made and printed')
    .addHelpText('after', examples('countersign webhooks listen --forward-to http://127.0.0.1:3000/webhooks'))
    .action(async ({ forwardTo, secretFile }: Options) => {
      const secret = secretFile ? await readSecretFile(secretFile) : newWebhookSecret(systemRandom);
      if (!secretFile) cli.print.note(`Signed with ${secret}: give it to the receiver. Ctrl-C ends it.`);
      for await (const tailed of tailEvents(cli.connect(), { types: [...TYPES] })) {
        const result = await forward(forwardTo, secret, tailed, cli.io.now());
        const line = [typeOf(tailed), tailed.session?.session?.id, result];
        cli.io.stdout.write(
          cli.isJson()
            ? `${JSON.stringify({ type: line[0], sessionId: line[1], result })}\n`
            : `${line.join('\t')}\n`,
        );
      }
    });
}

/** Sends one event, once. Resolves to the status of the response, or why there was none. */
async function forward(url: string, secret: string, tailed: TailedEvent, now: number): Promise<string> {
  const body = bodyOf(tailed);
  const id = `${tailed.session?.session?.id}.${tailed.event.event?.id}`;
  try {
    const response = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...signWebhook([secret], id, body, now) },
      body,
      redirect: 'manual',
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    await response.body?.cancel();
    return String(response.status);
  } catch (error) {
    const { message, cause } = error as Error;
    return cause instanceof Error ? `${message}: ${cause.message}` : message;
  }
}

/** `session.approved` of EVENT_TYPE_SESSION_APPROVED. */
const typeOf = ({ event }: TailedEvent): string =>
  word(EventTypeSchema, event.event?.type ?? 0).replace('_', '.');

/** Of a session event, the status that it says; else that of the session now. */
const statusOf = (type: string, status: number): string =>
  type.startsWith('session.')
    ? type.slice('session.'.length).toUpperCase()
    : word(SessionStatusSchema, status).toUpperCase();

/** The body that a webhook of the event has; see webhooks/event.ts, which a test compares it with. */
function bodyOf(tailed: TailedEvent): string {
  const type = typeOf(tailed);
  const { event } = tailed.event;
  const session = tailed.session!.session!;
  const channel = word(ChannelSchema, event?.channel ?? 0);
  const masked = session.channels.find((one) => one.channel === event?.channel)?.maskedRecipient;
  const metadata = session.metadata ?? {};
  return JSON.stringify({
    type,
    timestamp: timestampDate(event!.at!).toISOString(),
    data: {
      session_id: session.id,
      status: statusOf(type, session.status),
      purpose: session.purpose,
      sandbox: session.sandbox,
      ...(channel && { channel }),
      ...(masked && { masked_recipient: masked }),
      ...(event?.error && { error: event.error }),
      ...(Object.keys(metadata).length > 0 && { metadata }),
    },
  });
}

async function readSecretFile(file: string): Promise<string> {
  const secret = await readFile(file, 'utf8').then(
    (text) => text.trim(),
    (error: NodeJS.ErrnoException) => {
      throw usage(`--secret-file must name a file that can be read (${error.code})`);
    },
  );
  const fault = webhookSecretFault(secret);
  if (fault) throw usage(`The secret in --secret-file ${fault}`);
  return secret;
}

function readUrl(text: string): string {
  if (URL.canParse(text) && /^https?:$/.test(new URL(text).protocol)) return text;
  throw usage('--forward-to must be a URL of http or https');
}
