import type { Command } from 'commander';
import {
  DiagnoseRecipientResponseSchema,
  type Evidence,
  RecipientService,
} from '../../../gen/otp/admin/v1/recipient_service_pb.js';
import type { Cli } from '../cli.js';
import type { Column } from '../output/table.js';
import { jsonOf } from '../resources/showMessage.js';
import { examples } from './examples.js';
import { time } from './show.js';

const COLUMNS: readonly Column<Evidence>[] = [
  { title: 'AT', value: ({ at }) => time(at) },
  { title: 'FOUND', value: ({ text }) => text },
  { title: 'ABOUT', value: aboutOf },
];

/** Where to look further: a session, or the rule that refused. */
function aboutOf({ subject }: Evidence): string {
  switch (subject.case) {
    case 'session':
      return `session ${subject.value.session?.id ?? ''}`;
    case 'refusal':
      return [subject.value.reason, subject.value.rule].filter(Boolean).join(' ');
    case 'limit':
      return `limit ${subject.value.rule}`;
    default:
      return '';
  }
}

/** `countersign why`. */
export function addWhy(program: Command, cli: Cli): void {
  program
    .command('why')
    .helpGroup('Codes:')
    .description(
      'Say in one sentence why a person got no code, what that follows from, and what can be done.',
    )
    .argument('<recipient>', 'e-mail address or phone number')
    .addHelpText('after', examples('countersign why +573001234542', 'countersign why you@example.com --json'))
    .action(async (recipient: string) => {
      const found = await cli.connect().client(RecipientService).diagnoseRecipient({ recipient });
      if (!cli.isJson()) cli.io.stdout.write(`${found.sentence}\n`);
      cli.print.table(COLUMNS, found.evidence, jsonOf(DiagnoseRecipientResponseSchema, found));
      for (const { text } of found.suggestions) cli.print.note(text);
    });
}
