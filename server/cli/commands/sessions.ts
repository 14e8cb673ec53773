import { timestampFromDate } from '@bufbuild/protobuf/wkt';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { GetSessionResponseSchema, OtpService } from '../../../gen/otp/v1/otp_service_pb.js';
import {
  ChannelSchema,
  DeliveryStateSchema,
  type Session,
  SessionSchema,
  SessionStatusSchema,
} from '../../../gen/otp/v1/session_pb.js';
import type { Cli } from '../cli.js';
import type { Connection } from '../connection.js';
import { readCount } from '../readCount.js';
import { wordsOf } from '../resources/readValue.js';
import { fieldLines, jsonOf } from '../resources/showMessage.js';
import { examples } from './examples.js';
import { channelNamed, SESSION_COLUMNS, sessionJson, statusNamed, word } from './show.js';
import { addTimeline } from './timeline.js';

interface Filters {
  readonly status?: string;
  readonly channel?: string;
  readonly purpose?: string;
  readonly recipient?: string;
  readonly after?: Date;
  readonly before?: Date;
  readonly sandbox?: true;
}

/** `countersign sessions`. */
export function addSessions(program: Command, cli: Cli): void {
  const sessions = program.command('sessions').helpGroup('Codes:').description('look at sessions');
  sessions
    .command('ls')
    .description('List sessions, newest first.')
    .addOption(new Option('--status <word>').choices(wordsOf(SessionStatusSchema)))
    .addOption(new Option('--channel <word>').choices(wordsOf(ChannelSchema)))
    .option('--purpose <word>', 'what they are for')
    .option('--recipient <address>', 'to whom')
    .option('--after <time>', 'created after', readTime)
    .option('--before <time>', 'created before', readTime)
    .option('--sandbox', 'those of the sandbox only')
    .option('--limit <number>', 'most sessions to print', readCount, 20)
    .option('--all', 'print every session')
    .addHelpText(
      'after',
      examples(
        'countersign sessions ls --status pending',
        'countersign sessions ls --recipient you@example.com --all',
      ),
    )
    .action(async (options: Filters & { readonly limit: number; readonly all?: true }) => {
      const limit = options.all ? Number.POSITIVE_INFINITY : options.limit;
      const { found, more } = await listSessions(cli.connect(), options, limit);
      cli.print.table(SESSION_COLUMNS, found, found.map(sessionJson));
      if (more) cli.print.note('There are more: use --all, or a higher --limit.');
    });
  sessions
    .command('get')
    .description('Print one session.')
    .argument('<session>', 'id of the session')
    .addHelpText('after', examples('countersign sessions get 01999999-0000-7000-8000-000000000000'))
    .action(async (sessionId: string) => {
      const response = await cli.connect().client(OtpService).getSession({ sessionId });
      const session = response.session!;
      const lines = [
        ...fieldLines(SessionSchema, session).filter(([name]) => name !== 'channels'),
        ...session.channels.map(
          ({ channel, maskedRecipient, deliveryState, deliveryError, verified }) =>
            [
              word(ChannelSchema, channel),
              `${maskedRecipient} ${word(DeliveryStateSchema, deliveryState)} ${deliveryError} ${verified ? 'verified' : ''}`.trim(),
            ] as const,
        ),
      ];
      cli.print.table(
        [
          { title: 'FIELD', value: ([name]) => name },
          { title: 'VALUE', value: ([, value]) => value },
        ],
        lines,
        jsonOf(GetSessionResponseSchema, response),
      );
    });
  addTimeline(sessions, cli);
}

/** Sessions page by page, newest first, up to `limit`. */
export async function listSessions(connection: Connection, filters: Filters, limit: number) {
  const { status, channel, purpose = '', recipient = '', after, before, sandbox } = filters;
  const request = {
    purpose,
    recipient,
    ...(status && { status: statusNamed(status) }),
    ...(channel && { channel: channelNamed(channel) }),
    ...(after && { createdAfter: timestampFromDate(after) }),
    ...(before && { createdBefore: timestampFromDate(before) }),
    ...(sandbox && { sandbox }),
  };
  const otp = connection.client(OtpService);
  const found: Session[] = [];
  for (let pageToken = ''; ; ) {
    const pageSize = Math.min(limit - found.length, 100);
    const page = await otp.listSessions({ ...request, pageSize, pageToken });
    found.push(...page.sessions);
    pageToken = page.nextPageToken;
    if (!pageToken || found.length >= limit)
      return { found: found.slice(0, limit), more: Boolean(pageToken) };
  }
}

function readTime(text: string): Date {
  const at = new Date(text);
  if (Number.isNaN(at.getTime()))
    throw new InvalidArgumentError('It must be a time such as 2030-01-15T12:00:00Z.');
  return at;
}
