import { readFile } from 'node:fs/promises';
import type { MessageShape } from '@bufbuild/protobuf';
import type { Command } from 'commander';
import {
  type ApplyConfigurationRequestSchema,
  ApplyConfigurationResponseSchema,
  ConfigurationAction,
  ConfigurationActionSchema,
  type ConfigurationChange,
  ConfigurationService,
  ExportConfigurationResponseSchema,
} from '../../../gen/otp/admin/v1/configuration_service_pb.js';
import { EXIT } from '../../errors.js';
import type { Cli } from '../cli.js';
import { CliError, usage } from '../errors.js';
import { confirm } from '../io.js';
import type { Column } from '../output/table.js';
import { jsonOf } from '../resources/showMessage.js';
import { withEnvironment } from './environmentSecrets.js';
import { examples } from './examples.js';
import { word } from './show.js';

type Asked = Partial<Pick<MessageShape<typeof ApplyConfigurationRequestSchema>, 'dryRun' | 'prune'>>;

interface ApplyOptions {
  readonly dryRun?: true;
  readonly prune?: true;
  readonly yes?: true;
}

const COLUMNS: readonly Column<ConfigurationChange>[] = [
  { title: 'WORKSPACE', value: ({ workspace }) => workspace },
  { title: 'RESOURCE', value: ({ resource }) => resource },
  { title: 'CHANGE', value: ({ action }) => word(ConfigurationActionSchema, action) },
  { title: 'FIELDS', value: fieldsOf },
  { title: 'DONE', value: ({ applied, error }) => error || (applied ? 'yes' : 'no') },
];

function fieldsOf({ fields }: ConfigurationChange): string {
  return fields.map(({ path, before, after }) => `${path}: ${before || '-'} > ${after || '-'}`).join(', ');
}

/** `countersign export`, `countersign diff` and `countersign apply`. */
export function addConfiguration(program: Command, cli: Cli): void {
  const add = (name: string, description: string) =>
    program.command(name).helpGroup('Configuration:').description(description);

  add('export', 'Print the configuration as a document in YAML, without secrets.')
    .option('--workspace <name>', 'the workspace, or "-" for all', '')
    .addHelpText(
      'after',
      examples('countersign export > shop.yaml', 'countersign export --workspace=- > all.yaml'),
    )
    .action(async ({ workspace }: { readonly workspace: string }) => {
      const response = await cli.connect().client(ConfigurationService).exportConfiguration({ workspace });
      if (cli.isJson()) return cli.print.text('', jsonOf(ExportConfigurationResponseSchema, response));
      cli.io.stdout.write(await toYaml(response.document));
    });

  add('diff', 'Print what `apply` would change. Ends with 1 where that is something.')
    .argument('<file>', 'the document, in YAML or JSON; - is standard input')
    .option('--prune', 'also what `apply --prune` would delete')
    .addHelpText('after', examples('countersign diff shop.yaml'))
    .action(async (file: string, { prune = false }: { readonly prune?: boolean }) => {
      const response = await call(await readDocument(cli, file), { dryRun: true, prune });
      cli.print.table(COLUMNS, response.changes, jsonOf(ApplyConfigurationResponseSchema, response));
      const { length } = response.changes;
      if (length > 0)
        throw new CliError(`The configuration differs from the document: ${length}`, EXIT.differs);
    });

  add(
    'apply',
    'Change the configuration so that it matches a document. Secrets that it does not give stay as they are.',
  )
    .argument('<file>', 'the document, in YAML or JSON; - is standard input')
    .option('--dry-run', 'only print the changes')
    .option('--prune', 'delete what the document does not mention, after printing it and asking')
    .option('--yes', 'ask nothing')
    .addHelpText(
      'after',
      examples('countersign apply shop.yaml --dry-run', 'countersign apply shop.yaml --prune'),
    )
    .action(async (file: string, options: ApplyOptions) => {
      const [dryRun, prune] = [options.dryRun === true, options.prune === true];
      const document = await readDocument(cli, file);
      if (prune && !dryRun) await acceptDeletions(document, options.yes === true);
      const response = await call(document, { dryRun, prune });
      cli.print.table(COLUMNS, response.changes, jsonOf(ApplyConfigurationResponseSchema, response));
      if (response.changes.length === 0) cli.print.note('There is nothing to change.');
      const failed = response.changes.find(({ error }) => error);
      if (failed)
        throw new CliError(
          `${failed.resource} of ${failed.workspace} was refused with ${failed.error}; nothing after it was changed`,
          EXIT.internal,
        );
    });

  const call = (document: string, asked: Asked) =>
    cli
      .connect()
      .client(ConfigurationService)
      .applyConfiguration({ document, ...asked });

  /** Names what is deleted before it is. */
  async function acceptDeletions(document: string, yes: boolean): Promise<void> {
    const { changes } = await call(document, { dryRun: true, prune: true });
    const deleted = changes.filter(({ action }) => action === ConfigurationAction.DELETE);
    if (deleted.length === 0) return;
    for (const { workspace, resource } of deleted)
      cli.io.stderr.write(`Deleted, or set back to its defaults: ${resource} of ${workspace}\n`);
    if (yes || (await confirm(cli.io, 'This cannot be undone.', 'prune'))) return;
    throw new CliError('Nothing was done: confirm on a terminal, or use --yes.', EXIT.canceled);
  }
}

/** The document in YAML: the same document always gives the same text. */
async function toYaml(document: string): Promise<string> {
  const { stringify } = await import('yaml');
  return stringify(JSON.parse(document), { lineWidth: 0, aliasDuplicateObjects: false });
}

/** The document in JSON, as the service reads it. */
async function readDocument({ io }: Cli, file: string): Promise<string> {
  const text = file === '-' ? await readAll(io.stdin) : await readNamed(file);
  const { parse } = await import('yaml');
  let value: unknown;
  try {
    // The library's pretty errors quote the line, which may hold a secret.
    value = parse(text, { prettyErrors: false });
  } catch (error) {
    throw new CliError(
      `${file} must be YAML or JSON: ${error instanceof Error ? error.message : ''}`,
      EXIT.data,
    );
  }
  return JSON.stringify(withEnvironment(value ?? null, io.env));
}

async function readAll(stream: AsyncIterable<unknown>): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(Buffer.from(chunk as Buffer | string));
  return Buffer.concat(chunks).toString('utf8');
}

const readNamed = (file: string): Promise<string> =>
  readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    throw usage(`<file> must name a file that can be read (${error.code})`);
  });
