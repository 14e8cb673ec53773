import { type Command, InvalidArgumentError } from 'commander';
import { readError } from '../../../clients/errors/index.js';
import { OtpService } from '../../../gen/otp/v1/otp_service_pb.js';
import type { Cli } from '../cli.js';
import { createProgress } from '../output/progressBar.js';
import { readCount } from '../readCount.js';
import { examples } from './examples.js';

interface Options {
  readonly sends: number;
  readonly approve: number;
  readonly concurrency: number;
  readonly purpose: string;
}

/** What a simulation found. */
interface Result {
  sent: number;
  approved: number;
  /** Failures by reason. */
  readonly refused: Record<string, number>;
}

/** `countersign simulate`. */
export function addSimulate(program: Command, cli: Cli): void {
  program
    .command('simulate')
    .helpGroup('Codes:')
    .description(
      'Send and verify codes in the sandbox, and print how many were approved and refused. No message is sent or charged.',
    )
    .option('--sends <number>', 'sessions to open', readCount, 100)
    .option('--approve <percent>', 'share of them that is verified', readPercent, 80)
    .option('--concurrency <number>', 'sessions at once', readCount, 8)
    .option('--purpose <word>', 'what the sessions are for', 'simulation')
    .addHelpText('after', examples('countersign simulate --sends 1000 --approve 60%'))
    .action(async (options: Options) => {
      const result = await simulate(cli, options);
      const { sent, approved, refused } = result;
      const conversion = sent === 0 ? 0 : Math.round((approved / sent) * 1000) / 10;
      const rows = [
        ['sent', String(sent)],
        ['approved', String(approved)],
        ['conversion', `${conversion} %`],
        ...Object.entries(refused).map(([reason, count]) => [reason, String(count)]),
      ];
      const columns = [
        { title: 'RESULT', value: ([name]: readonly string[]) => name },
        { title: 'COUNT', value: ([, count]: readonly string[]) => count },
      ];
      cli.print.table(columns, rows, { ...result, conversion });
    });
}

async function simulate(cli: Cli, { sends, approve, concurrency, purpose }: Options): Promise<Result> {
  const otp = cli.connect().client(OtpService);
  const progress = await createProgress(cli.io);
  const result: Result = { sent: 0, approved: 0, refused: {} };
  let next = 0;

  /** Whether the nth is verified: as many of every hundred as asked for, spread evenly. */
  const isApproved = (n: number) => Math.floor(((n + 1) * approve) / 100) > Math.floor((n * approve) / 100);

  async function one(n: number): Promise<void> {
    try {
      const recipients = { email: `simulation-${n}@example.com` };
      const { session, sandboxCodes } = await otp.send({ recipients, purpose, sandbox: true });
      result.sent++;
      if (!isApproved(n)) return;
      await otp.verify({ sessionId: session?.id ?? '', code: sandboxCodes.email ?? '' });
      result.approved++;
    } catch (thrown) {
      const { reason } = readError(thrown);
      // Without a service or a key nothing can be found out.
      if (reason === 'UNKNOWN' || reason === 'UNAUTHENTICATED' || reason === 'PERMISSION_DENIED')
        throw thrown;
      result.refused[reason] = (result.refused[reason] ?? 0) + 1;
    }
  }

  progress.begin('simulating', sends);
  try {
    const work = async () => {
      while (next < sends) {
        await one(next++);
        progress.advance();
      }
    };
    await Promise.all(Array.from({ length: Math.min(concurrency, sends) }, work));
  } finally {
    progress.end();
  }
  return result;
}

function readPercent(text: string): number {
  const share = /^(\d+(?:\.\d+)?)%?$/.exec(text)?.[1];
  if (share === undefined || Number(share) > 100)
    throw new InvalidArgumentError('It must be a percentage from 0 to 100.');
  return Number(share);
}
