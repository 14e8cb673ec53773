import type { Command } from 'commander';
import { OtpService, VerifyResponseSchema } from '../../../gen/otp/v1/otp_service_pb.js';
import type { Cli } from '../cli.js';
import { readSecret } from '../io.js';
import { jsonOf } from '../resources/showMessage.js';
import { examples } from './examples.js';

/** `countersign verify`. */
export function addVerify(program: Command, cli: Cli): void {
  program
    .command('verify')
    .helpGroup('Codes:')
    .description('Verify the code on standard input, and print the verification token.')
    .argument('<session>', 'id of the session')
    .option('--channel <word>', 'the channel of the code, where the session has several')
    .addHelpText('after', examples('echo 123456 | countersign verify 01999999-0000-7000-8000-000000000000'))
    .action(async (sessionId: string, { channel }: { readonly channel?: string }) => {
      const code = await readSecret(cli.io, 'The code');
      const given = channel ? { codes: { [channel]: code } } : { code };
      const response = await cli
        .connect()
        .client(OtpService)
        .verify({ sessionId, ...given });
      const json = jsonOf(VerifyResponseSchema, response);
      if (response.verificationToken) cli.print.text(response.verificationToken, json);
      else cli.print.text('', json);
      if (!response.verificationToken)
        cli.print.note('The code is correct; the session needs codes of other channels as well.');
    });
}
