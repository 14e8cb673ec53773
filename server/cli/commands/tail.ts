import type { MessageInitShape } from '@bufbuild/protobuf';
import type { Command } from 'commander';
import { resumed } from '../../../clients/calling/resume.js';
import {
  SessionService,
  type TailEventsRequestSchema,
  type TailEventsResponse,
  TailEventsResponseSchema,
  type TimelineEvent,
} from '../../../gen/otp/admin/v1/session_service_pb.js';
import { EventTypeSchema } from '../../../gen/otp/v1/otp_service_pb.js';
import { ChannelSchema } from '../../../gen/otp/v1/session_pb.js';
import type { Cli } from '../cli.js';
import type { Connection } from '../connection.js';
import { type Column, tabSeparated } from '../output/table.js';
import { jsonOf } from '../resources/showMessage.js';
import { examples } from './examples.js';
import { time, word } from './show.js';
import { detailsOf } from './timeline.js';

/** A response that has an event. */
export type TailedEvent = TailEventsResponse & { readonly event: TimelineEvent };

const COLUMNS: readonly Column<TailedEvent>[] = [
  { title: 'AT', value: ({ event }) => time(event.event?.at) },
  { title: 'SESSION', value: ({ session }) => session?.session?.id },
  { title: 'EVENT', value: ({ event }) => word(EventTypeSchema, event.event?.type ?? 0) },
  { title: 'CHANNEL', value: ({ event }) => word(ChannelSchema, event.event?.channel ?? 0) },
  { title: 'DETAILS', value: ({ event }) => detailsOf(event) },
];

/** The events of a workspace from now on, for as long as they are read. */
export async function* tailEvents(
  connection: Connection,
  request: MessageInitShape<typeof TailEventsRequestSchema>,
): AsyncGenerator<TailedEvent, void, void> {
  const sessions = connection.client(SessionService);
  const open = (cursor: string, options: Parameters<typeof sessions.tailEvents>[1]) =>
    sessions.tailEvents({ ...request, cursor }, options);
  for await (const response of resumed(open, '', {})) {
    if (response.event) yield response as TailedEvent;
  }
}

interface Filters {
  readonly session?: string;
  readonly recipient?: string;
  readonly workspace?: string;
}

/** `countersign tail`. */
export function addTail(program: Command, cli: Cli): void {
  program
    .command('tail')
    .helpGroup('Codes:')
    .description('Print what happens to the sessions of the workspace, a line for each event, from now on.')
    .option('--session <id>', 'of this session only')
    .option('--recipient <address>', 'of sessions to this e-mail address or phone number only')
    .option('-w, --workspace <name>', 'of this workspace; - for all')
    .addHelpText('after', examples('countersign tail', 'countersign tail --recipient you@example.com --json'))
    .action(async ({ session = '', recipient = '', workspace = '' }: Filters) => {
      const request = { sessionId: session, recipient, workspace };
      for await (const tailed of tailEvents(cli.connect(), request)) {
        const line = cli.isJson()
          ? `${JSON.stringify(jsonOf(TailEventsResponseSchema, tailed))}\n`
          : tabSeparated(COLUMNS, [tailed]);
        cli.io.stdout.write(line);
      }
    });
}
