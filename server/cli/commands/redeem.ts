import type { Command } from 'commander';
import { ChannelSchema } from '../../../gen/otp/v1/session_pb.js';
import {
  IntrospectResponseSchema,
  type Proof,
  RedeemResponseSchema,
  TokenStateSchema,
  VerificationTokenService,
} from '../../../gen/otp/v1/verification_token_service_pb.js';
import type { Cli } from '../cli.js';
import { readSecret } from '../io.js';
import type { Column } from '../output/table.js';
import { jsonOf } from '../resources/showMessage.js';
import { examples } from './examples.js';
import { addTransaction, type OperationOptions, operationOf, readOperation } from './operation.js';
import { time, word } from './show.js';

interface RedeemOptions extends OperationOptions {
  readonly recipient?: string;
  readonly acceptSandbox?: true;
}

const PROOF: readonly Column<Proof>[] = [
  { title: 'SESSION', value: ({ sessionId }) => sessionId },
  {
    title: 'CHANNELS',
    value: ({ channels }) =>
      channels
        .map(({ channel, maskedRecipient }) => `${word(ChannelSchema, channel)}:${maskedRecipient}`)
        .join(' '),
  },
  { title: 'OPERATION', value: ({ operation }) => (operation ? `${operation.type}:${operation.id}` : '') },
  { title: 'APPROVED', value: ({ approvedAt }) => time(approvedAt) },
];

/** `countersign redeem` and `countersign introspect`. */
export function addRedeem(program: Command, cli: Cli): void {
  const redeem = program
    .command('redeem')
    .helpGroup('Codes:')
    .description('Redeem the verification token on standard input, once.')
    .requiredOption('--operation <type:id>', 'what it is redeemed for', readOperation);
  addTransaction(redeem)
    .option('--recipient <address>', 'the address it must prove')
    .option('--accept-sandbox', 'accept a token of the sandbox')
    .addHelpText('after', examples('countersign redeem --operation payment:4711 < token'))
    .action(async (options: RedeemOptions) => {
      const { recipient = '', acceptSandbox = false } = options;
      const operation = operationOf(options);
      const verificationToken = await readSecret(cli.io, 'The verification token');
      const request = { verificationToken, operation, recipient, acceptSandbox };
      const response = await cli.connect().client(VerificationTokenService).redeem(request);
      cli.print.table(PROOF, [response.proof!], jsonOf(RedeemResponseSchema, response));
    });
  program
    .command('introspect')
    .helpGroup('Codes:')
    .description('Print the state of the verification token on standard input, without redeeming it.')
    .option('--accept-sandbox', 'accept a token of the sandbox')
    .addHelpText('after', examples('countersign introspect < token'))
    .action(async ({ acceptSandbox = false }) => {
      const verificationToken = await readSecret(cli.io, 'The verification token');
      const response = await cli
        .connect()
        .client(VerificationTokenService)
        .introspect({ verificationToken, acceptSandbox });
      const state = { title: 'STATE', value: () => word(TokenStateSchema, response.state) };
      const expires = { title: 'EXPIRES', value: () => time(response.expiresAt) };
      cli.print.table(
        [state, expires, ...PROOF],
        [response.proof!],
        jsonOf(IntrospectResponseSchema, response),
      );
    });
}
