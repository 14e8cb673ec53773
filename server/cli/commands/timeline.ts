import type { Command } from 'commander';
import {
  DeliveryOutcomeSchema,
  SessionService,
  type TimelineEvent,
  TimelineEventSchema,
} from '../../../gen/otp/admin/v1/session_service_pb.js';
import { EventType, EventTypeSchema } from '../../../gen/otp/v1/otp_service_pb.js';
import { ChannelSchema } from '../../../gen/otp/v1/session_pb.js';
import type { Cli } from '../cli.js';
import type { Connection } from '../connection.js';
import type { Column } from '../output/table.js';
import { jsonOf } from '../resources/showMessage.js';
import { examples } from './examples.js';
import { time, word } from './show.js';

const COLUMNS: readonly Column<TimelineEvent>[] = [
  { title: 'AT', value: ({ event }) => time(event?.at) },
  { title: 'EVENT', value: ({ event }) => word(EventTypeSchema, event?.type ?? 0) },
  { title: 'CHANNEL', value: ({ event }) => word(ChannelSchema, event?.channel ?? 0) },
  { title: 'DETAILS', value: detailsOf },
];

/** Adds `timeline` to `countersign sessions`. */
export function addTimeline(sessions: Command, cli: Cli): void {
  sessions
    .command('timeline')
    .description('Print what happened to a session, oldest first, with every delivery attempt.')
    .argument('<session>', 'id of the session')
    .addHelpText('after', examples('countersign sessions timeline 01999999-0000-7000-8000-000000000000'))
    .action(async (sessionId: string) => {
      const events = await listEvents(cli.connect(), sessionId);
      const json = events.map((event) => jsonOf(TimelineEventSchema, event));
      cli.print.table(COLUMNS, events, json);
    });
}

async function listEvents(connection: Connection, sessionId: string): Promise<readonly TimelineEvent[]> {
  const sessions = connection.client(SessionService);
  const found: TimelineEvent[] = [];
  for (let pageToken = ''; ; ) {
    const page = await sessions.listSessionEvents({ sessionId, pageSize: 100, pageToken });
    found.push(...page.events);
    pageToken = page.nextPageToken;
    if (!pageToken) return found;
  }
}

/** What a person wants to know of an event besides its time, in few words. */
export function detailsOf({
  event,
  attempt,
  actor,
  operation,
  webhookEndpointId,
  count,
}: TimelineEvent): string {
  const facts = [
    attempt &&
      [
        attempt.provider,
        word(DeliveryOutcomeSchema, attempt.outcome),
        attempt.error,
        attempt.vendorCode,
        attempt.vendorMessageId && `id ${attempt.vendorMessageId}`,
      ]
        .filter(Boolean)
        .join(' '),
    event?.error,
    event?.type === EventType.CODE_REJECTED && `${event.attemptsRemaining} attempts left`,
    operation && `${operation.type} ${operation.id}`,
    webhookEndpointId && `endpoint ${webhookEndpointId}`,
    actor && `by ${actor}`,
    count > 1 && `${count} of them`,
  ];
  return facts.filter(Boolean).join(', ');
}
