import type { Command } from 'commander';
import { OtpService, VerifyResponseSchema } from '../../../gen/otp/v1/otp_service_pb.js';
import type { Cli } from '../cli.js';
import { readSecret } from '../io.js';
import { jsonOf } from '../resources/showMessage.js';
import { examples } from './examples.js';
import { addTransaction, type OperationOptions, operationOf, readOperation } from './operation.js';

interface Options extends OperationOptions {
  readonly channel?: string;
}

/** `countersign verify`. */
export function addVerify(program: Command, cli: Cli): void {
  const verify = program
    .command('verify')
    .helpGroup('Codes:')
    .description('Verify the code on standard input, and print the verification token.')
    .argument('<session>', 'id of the session')
    .option('--channel <word>', 'the channel of the code, where the session has several')
    .option(
      '--operation <type:id>',
      'what the code is for, as sent; needed for a transaction',
      readOperation,
    );
  addTransaction(verify)
    .addHelpText(
      'after',
      examples(
        'echo 123456 | countersign verify 01999999-0000-7000-8000-000000000000',
        'countersign verify 01999999-0000-7000-8000-000000000000 --operation payment:4711 --amount 20 --currency EUR --payee ACME < code',
      ),
    )
    .action(async (sessionId: string, options: Options) => {
      const { channel } = options;
      const operation = operationOf(options);
      const code = await readSecret(cli.io, 'The code');
      const given = channel ? { codes: { [channel]: code } } : { code };
      const response = await cli
        .connect()
        .client(OtpService)
        .verify({ sessionId, ...given, ...(operation && { operation }) });
      const json = jsonOf(VerifyResponseSchema, response);
      if (response.verificationToken) cli.print.text(response.verificationToken, json);
      else cli.print.text('', json);
      if (!response.verificationToken)
        cli.print.note('The code is correct; the session needs codes of other channels as well.');
    });
}
