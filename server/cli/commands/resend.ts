import { type Command, Option } from 'commander';
import {
  CancelSessionResponseSchema,
  OtpService,
  ResendResponseSchema,
} from '../../../gen/otp/v1/otp_service_pb.js';
import { ChannelSchema } from '../../../gen/otp/v1/session_pb.js';
import type { Cli } from '../cli.js';
import { wordsOf } from '../resources/readValue.js';
import { jsonOf } from '../resources/showMessage.js';
import { examples } from './examples.js';
import { channelNamed, SESSION_COLUMNS } from './show.js';

/** `countersign resend` and `countersign cancel`. */
export function addResend(program: Command, cli: Cli): void {
  program
    .command('resend')
    .helpGroup('Codes:')
    .description('Send new codes of a session.')
    .argument('<session>', 'id of the session')
    .addOption(new Option('--channels <words...>', 'only these').choices(wordsOf(ChannelSchema)))
    .addHelpText('after', examples('countersign resend 01999999-0000-7000-8000-000000000000 --channels sms'))
    .action(async (sessionId: string, options: { readonly channels?: readonly string[] }) => {
      const channels = (options.channels ?? []).map(channelNamed);
      const response = await cli.connect().client(OtpService).resend({ sessionId, channels });
      cli.print.table(SESSION_COLUMNS, [response.session!], jsonOf(ResendResponseSchema, response));
    });
  program
    .command('cancel')
    .helpGroup('Codes:')
    .description('Cancel a session: its codes are refused from then on.')
    .argument('<session>', 'id of the session')
    .addHelpText('after', examples('countersign cancel 01999999-0000-7000-8000-000000000000'))
    .action(async (sessionId: string) => {
      const response = await cli.connect().client(OtpService).cancelSession({ sessionId });
      cli.print.table(SESSION_COLUMNS, [response.session!], jsonOf(CancelSessionResponseSchema, response));
    });
}
