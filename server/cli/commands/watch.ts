import type { Command } from 'commander';
import { watchSession } from '../../../clients/calling/watch.js';
import {
  EventTypeSchema,
  OtpService,
  type WatchSessionResponse,
  WatchSessionResponseSchema,
} from '../../../gen/otp/v1/otp_service_pb.js';
import { ChannelSchema, SessionStatusSchema } from '../../../gen/otp/v1/session_pb.js';
import type { Cli } from '../cli.js';
import type { Column } from '../output/table.js';
import { tabSeparated } from '../output/table.js';
import { jsonOf } from '../resources/showMessage.js';
import { examples } from './examples.js';
import { time, word } from './show.js';

const COLUMNS: readonly Column<WatchSessionResponse>[] = [
  { title: 'AT', value: ({ event, session }) => time(event?.at ?? session?.createdAt) },
  { title: 'EVENT', value: ({ event }) => (event ? word(EventTypeSchema, event.type) : 'now') },
  { title: 'CHANNEL', value: ({ event }) => (event ? word(ChannelSchema, event.channel) : '') },
  { title: 'STATUS', value: ({ session }) => (session ? word(SessionStatusSchema, session.status) : '') },
];

/** `countersign watch`. */
export function addWatch(program: Command, cli: Cli): void {
  program
    .command('watch')
    .helpGroup('Codes:')
    .description('Print what happens to a session, a line for each event, until it has ended.')
    .argument('<session>', 'id of the session')
    .addHelpText('after', examples('countersign watch 01999999-0000-7000-8000-000000000000'))
    .action(async (sessionId: string) => {
      const responses = watchSession(cli.connect().client(OtpService), { sessionId });
      for await (const response of responses) {
        const line = cli.isJson()
          ? `${JSON.stringify(jsonOf(WatchSessionResponseSchema, response))}\n`
          : tabSeparated(COLUMNS, [response]);
        cli.io.stdout.write(line);
      }
    });
}
