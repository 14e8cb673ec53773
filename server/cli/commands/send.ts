import { create } from '@bufbuild/protobuf';
import { durationFromMs } from '@bufbuild/protobuf/wkt';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { OtpService, SendRequestSchema, SendResponseSchema } from '../../../gen/otp/v1/otp_service_pb.js';
import type { Cli } from '../cli.js';
import { usage } from '../errors.js';
import { readCount } from '../readCount.js';
import { seconds } from '../resources/readValue.js';
import { jsonOf } from '../resources/showMessage.js';
import { examples } from './examples.js';
import { addTransaction, type OperationOptions, operationOf, readOperation } from './operation.js';
import { SESSION_COLUMNS } from './show.js';

interface Options extends OperationOptions {
  readonly channel: 'sms' | 'whatsapp';
  readonly purpose?: string;
  readonly locale?: string;
  readonly codeLength?: number;
  readonly lifetime?: number;
  readonly sender?: string;
  readonly requestId?: string;
  readonly sandbox?: true;
}

/** `countersign send`. */
export function addSend(program: Command, cli: Cli): void {
  const send = program
    .command('send')
    .helpGroup('Codes:')
    .description('Send codes to a person.')
    .argument('<recipient...>', 'e-mail address, or phone number that begins with +')
    .addOption(
      new Option('--channel <word>', 'channel for phone numbers').choices(['sms', 'whatsapp']).default('sms'),
    )
    .option('--purpose <word>', 'what the session is for')
    .option('--locale <tag>', 'language of the messages')
    .option('--code-length <digits>', 'digits of a code', readCount)
    .option('--lifetime <duration>', 'how long codes are accepted, such as 5m', readSeconds)
    .option('--operation <type:id>', 'what the proof is bound to', readOperation);
  addTransaction(send)
    .option('--sender <id>', 'sender of the messages')
    .option('--request-id <id>', 'the same id sends once')
    .option('--sandbox', 'send nothing and print the codes')
    .addHelpText(
      'after',
      examples(
        'countersign send you@example.com',
        'countersign send +573001234542 --channel whatsapp --purpose login',
        'countersign send you@example.com --operation payment:4711 --amount 20.00 --currency EUR --payee ACME',
      ),
    )
    .action(async (recipients: readonly string[], options: Options) => {
      const response = await cli.connect().client(OtpService).send(requestOf(recipients, options));
      cli.print.table(SESSION_COLUMNS, [response.session!], jsonOf(SendResponseSchema, response));
      for (const [channel, code] of Object.entries(response.sandboxCodes))
        cli.print.note(`${channel} code: ${code}`);
    });
}

function requestOf(recipients: readonly string[], options: Options) {
  const { channel, purpose, locale, codeLength, lifetime, sender, requestId, sandbox } = options;
  const operation = operationOf(options);
  const byChannel: Record<string, string> = {};
  for (const recipient of recipients) {
    const name = recipient.includes('@') ? 'email' : channel;
    if (byChannel[name])
      throw usage(`there is more than one recipient for ${name}: a session has one for each channel`);
    byChannel[name] = recipient;
  }
  return create(SendRequestSchema, {
    recipients: byChannel,
    config: {
      ...(codeLength && { codeLength }),
      ...(lifetime && { lifetime: durationFromMs(lifetime * 1000) }),
    },
    ...(purpose && { purpose }),
    ...(locale && { locale }),
    ...(operation && { operation }),
    ...(sender && { senderId: sender }),
    ...(requestId && { requestId }),
    ...(sandbox && { sandbox }),
  });
}

/** A duration such as 5m, in seconds. */
function readSeconds(text: string): number {
  const count = seconds(text);
  if (count === undefined) throw new InvalidArgumentError('It must be a duration such as 90s or 5m.');
  return count;
}
