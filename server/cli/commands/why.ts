import { timestampDate } from '@bufbuild/protobuf/wkt';
import { Code, ConnectError } from '@connectrpc/connect';
import type { Command } from 'commander';
import { GuardRuleSchema, GuardService } from '../../../gen/otp/admin/v1/guard_service_pb.js';
import { LimitService } from '../../../gen/otp/admin/v1/limit_service_pb.js';
import {
  ChannelSchema,
  type ChannelState,
  DeliveryState,
  DeliveryStateSchema,
  type Session,
  SessionStatus,
  SessionStatusSchema,
} from '../../../gen/otp/v1/session_pb.js';
import type { Cli } from '../cli.js';
import type { Connection } from '../connection.js';
import { examples } from './examples.js';
import { listSessions } from './sessions.js';
import { time, word } from './show.js';

/** What was found, the likely cause first. */
interface Evidence {
  readonly what: string;
  readonly found: string;
}

/** `countersign why`. */
export function addWhy(program: Command, cli: Cli): void {
  program
    .command('why')
    .helpGroup('Codes:')
    .description('Say in one sentence why a person got no code, and what that follows from.')
    .argument('<recipient>', 'e-mail address or phone number')
    .addHelpText('after', examples('countersign why +573001234542'))
    .action(async (recipient: string) => {
      const connection = cli.connect();
      const { found } = await listSessions(connection, { recipient }, 1);
      const blockedUntil = await blockOf(connection, recipient);
      const rules = recipient.includes('@') ? [] : await rulesAgainst(connection, recipient);
      const [session] = found;
      const why = reasonFor({ session, blockedUntil, rules });
      const evidence: Evidence[] = [
        ...(session ? evidenceOf(session) : [{ what: 'session', found: 'none that is kept' }]),
        { what: 'block', found: blockedUntil ? `until ${blockedUntil.toISOString()}` : 'none' },
        { what: 'guard', found: rules.length > 0 ? rules.join(', ') : 'no rule refuses it now' },
      ];
      if (!cli.isJson()) cli.io.stdout.write(`${why}\n`);
      const columns = [
        { title: 'WHAT', value: ({ what }: Evidence) => what },
        { title: 'FOUND', value: (row: Evidence) => row.found },
      ];
      cli.print.table(columns, evidence, { why, evidence });
    });
}

/** What a key without the scope admin may not see is left out. */
async function ifAllowed<T>(call: Promise<T>): Promise<T | undefined> {
  try {
    return await call;
  } catch (error) {
    if (error instanceof ConnectError && error.code === Code.PermissionDenied) return undefined;
    throw error;
  }
}

async function blockOf(connection: Connection, recipient: string): Promise<Date | undefined> {
  const response = await ifAllowed(connection.client(LimitService).getRecipientBlock({ recipient }));
  const until = response?.block?.blockedUntil;
  return until && timestampDate(until);
}

async function rulesAgainst(connection: Connection, recipient: string): Promise<string[]> {
  const response = await ifAllowed(connection.client(GuardService).checkRecipient({ recipient }));
  return (response?.rules ?? []).map((rule) => word(GuardRuleSchema, rule));
}

interface Known {
  readonly session: Session | undefined;
  readonly blockedUntil: Date | undefined;
  readonly rules: readonly string[];
}

function reasonFor({ session, blockedUntil, rules }: Known): string {
  if (blockedUntil)
    return `Nothing is sent until ${blockedUntil.toISOString()}, because too many wrong codes were given.`;
  if (rules.length > 0) return `The guard refuses to send: ${rules.join(', ')}.`;
  if (!session)
    return 'No code was requested for this recipient, as far as sessions are kept, or the request was refused.';
  if (session.sandbox) return 'The session is of the sandbox, which sends nothing.';
  const failed = session.channels.find(({ deliveryState }) => deliveryState === DeliveryState.FAILED);
  if (failed) return `The message by ${channelOf(failed)} failed: ${failed.deliveryError}.`;
  const queued = session.channels.find(({ deliveryState }) => deliveryState === DeliveryState.QUEUED);
  if (queued)
    return `No provider has accepted the message by ${channelOf(queued)} yet; delivery attempts continue.`;
  if (session.status === SessionStatus.APPROVED) return 'A code arrived: it was verified.';
  const delivered = session.channels.find(({ deliveryState }) => deliveryState === DeliveryState.DELIVERED);
  if (delivered) return `The message by ${channelOf(delivered)} reached the device, says the provider.`;
  const accepted = session.channels.find(({ deliveryState }) => deliveryState === DeliveryState.ACCEPTED);
  if (accepted)
    return `A provider accepted the message by ${channelOf(accepted)} and has not reported what became of it.`;
  return 'The session ended before its message was sent.';
}

const channelOf = ({ channel }: ChannelState): string => word(ChannelSchema, channel);

const evidenceOf = (session: Session): Evidence[] => [
  {
    what: 'session',
    found: `${session.id} ${word(SessionStatusSchema, session.status)}, created ${time(session.createdAt)}`,
  },
  ...session.channels.map((state) => ({
    what: channelOf(state),
    found:
      `${state.maskedRecipient} ${word(DeliveryStateSchema, state.deliveryState)} ${state.deliveryError}`.trim(),
  })),
];
