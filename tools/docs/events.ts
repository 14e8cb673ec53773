import { EventType, EventTypeSchema } from '../../gen/otp/v1/otp_service_pb.js';
import { commentOf } from '../../server/contract/comments.js';
import { contractSet } from '../../server/contract/contractSet.js';
import { GENERATED, table } from './markdown.js';
import { EVENT_TYPES } from './webhooks.js';

/** The name under which webhooks carry a type of event. */
const webhookType = (name: string): string =>
  name.replace(EventTypeSchema.sharedPrefix!.toUpperCase(), '').toLowerCase().replace('_', '.');

/** docs/reference/events.md, from the contract's event types and those that webhooks carry. */
export function events(): string {
  const { values } = contractSet.getEnum(EventTypeSchema.typeName)!;
  const types = values.filter(({ number }) => number !== EventType.UNSPECIFIED);
  const rows = types.map((value) => {
    const type = webhookType(value.name);
    return [
      `\`${value.name}\``,
      type in EVENT_TYPES ? `\`${type}\`` : '',
      type in EVENT_TYPES ? 'yes' : '',
      meaningOf(commentOf(value)),
    ];
  });
  return `# Events

${GENERATED}

What can happen to a session, and where each event is seen. The timeline of a session has all of them: it is
\`ListSessionEvents\` of the [contract](contract-admin.md#sessionservice), \`countersign support timeline\` on the
[command line](cli.md). [Webhooks](../guides/webhooks.md) have their own names for those they carry, and
\`WatchSession\` streams the same ones while the session is open.

${table(['event', 'webhook', 'WatchSession', 'what happened'], rows)}

An event has an id that is unique in its session, a time, and where it is about a channel the channel, the number of
its code and, if delivery failed, the error in a stable word; [SessionEvent](contract.md#sessionevent) has the fields,
[TimelineEvent](contract-admin.md#timelineevent) those that only the timeline shows. No event contains a code, a token
or a full address. Events of one session are in order; a webhook may arrive twice and is then recognised by its id.
`;
}

/** Without the remark on which types the timeline alone has: the table shows it. */
const meaningOf = (comment: string): string => comment.replace(/ This type and those after it [\s\S]*$/, '');
