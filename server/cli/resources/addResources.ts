import type { DescMethod, DescService, Message } from '@bufbuild/protobuf';
import type { Command } from 'commander';
import { commentOf, firstSentence } from '../../contract/comments.js';
import { contractSet } from '../../contract/contractSet.js';
import type { Cli } from '../cli.js';
import { examples } from '../commands/examples.js';
import { readCount } from '../readCount.js';
import { callMethod, callThrough, isContinued, isUnary, itemsField, listAll } from './callMethod.js';
import { examplesOf } from './examples.js';
import { type Inputs, inputsOf, place, readInput, toArgument, toOption } from './flags.js';
import { commandName, GROUPS, type Group, groupOf, kebab } from './groups.js';
import { isValue } from './readValue.js';
import { columnsOf, fieldLines, jsonOf } from './showMessage.js';

const DEFAULT_LIMIT = 50;

/** Adds a command for every method of the administrative services, from the contract: flags are fields. */
export function addResources(program: Command, cli: Cli): void {
  for (const group of GROUPS) {
    const command = program.command(group.name).description(group.summary).helpGroup('Administration:');
    for (const method of methodsOf(group)) addMethod(command, cli, group, method);
  }
}

function methodsOf(group: Group): DescMethod[] {
  const service: DescService | undefined = contractSet.getService(group.service);
  const methods = (service?.methods ?? []).filter(isUnary);
  return methods.filter(({ name }) => groupOf(group.service, name) === group);
}

function addMethod(parent: Command, cli: Cli, group: Group, method: DescMethod): void {
  const inputs = inputsOf(group, method.name, method.input);
  const command = parent
    .command(commandName(group, method.name))
    .description(firstSentence(commentOf(method)))
    .addHelpText(
      'after',
      () => `\n${commentOf(method)}\n${examples(...examplesOf(group, method.name, inputs))}`,
    );
  for (const arg of inputs.args) command.addArgument(toArgument(arg));
  for (const flag of inputs.flags) command.addOption(toOption(flag));
  const fields = method.input.fields.map(({ name }) => name);
  const takesWorkspace = fields.includes('workspace') && group.name !== 'workspaces';
  if (takesWorkspace) command.option('-w, --workspace <name>', 'The workspace. Default: that of the key.');
  if (fields.includes('page_token') && !isContinued(method)) {
    command
      .option('--limit <number>', 'Most rows to print.', readCount, DEFAULT_LIMIT)
      .option('--all', 'Prints every row.');
  }
  if (fields.includes('update_mask')) {
    command.option('--clear <fields>', 'Fields to set to their default, separated by commas.');
  }
  command.action(async (...given: unknown[]) => {
    const options = command.opts<Record<string, unknown>>();
    const request = requestOf(inputs, { args: given, options, now: cli.io.now() });
    if (takesWorkspace && options.workspace) request.workspace = options.workspace;
    if (fields.includes('update_mask')) request.updateMask = maskOf(inputs, group, options);
    if (itemsField(method)) await printList(cli, method, request, options);
    else await printOne(cli, method, request);
  });
}

/** What was given on the command line, as commander has it. */
interface Given {
  readonly args: readonly unknown[];
  readonly options: Readonly<Record<string, unknown>>;
  readonly now: number;
}

function requestOf(inputs: Inputs, { args, options, now }: Given): Record<string, unknown> {
  const request: Record<string, unknown> = inputs.resource ? { [inputs.resource.jsonName]: {} } : {};
  const texts = [
    ...inputs.args.map((input, i) => ({ input, text: args[i] })),
    ...inputs.flags.map((input) => ({ input, text: options[attributeOf(input.label)] })),
  ];
  place(
    request,
    texts.flatMap(({ input, text }) => (typeof text === 'string' ? readInput(input, text, now) : [])),
  );
  return request;
}

/** What an update changes: the fields of the flags that were given, and of `--clear`. */
function maskOf(
  { flags, resource }: Inputs,
  { identity = [] }: Group,
  options: Readonly<Record<string, unknown>>,
): string {
  const given = flags.filter(({ label }) => options[attributeOf(label)] !== undefined);
  const fields = given
    .map(({ path }) => resource?.message?.fields.find(({ jsonName }) => jsonName === path[1]))
    .flatMap((field) => (field && !identity.includes(field.name) ? field.jsonName : []));
  const cleared = typeof options.clear === 'string' ? options.clear.split(',') : [];
  const names = cleared.map(
    (name) => resource?.message?.fields.find((one) => kebab(one.name) === name)?.jsonName ?? name,
  );
  return [...new Set([...fields, ...names])].join(',');
}

async function printList(
  cli: Cli,
  method: DescMethod,
  request: object,
  options: Readonly<Record<string, unknown>>,
) {
  const limit = options.all
    ? Number.POSITIVE_INFINITY
    : ((options.limit as number | undefined) ?? Number.POSITIVE_INFINITY);
  const { items, more } = await listAll(cli.connect(), method, request, limit);
  const { message } = itemsField(method)!;
  cli.print.table(
    columnsOf(message),
    items,
    items.map((item) => jsonOf(message, item)),
  );
  if (more) cli.print.note('There are more: use --all, or a higher --limit.');
}

async function printOne(cli: Cli, method: DescMethod, request: object) {
  const call = isContinued(method) ? callThrough : callMethod;
  const response = await call(cli.connect(), method, request);
  const json = jsonOf(method.output, response);
  const fields = response as unknown as Record<string, unknown>;
  const secret = method.output.fields.find(({ name }) => name === 'secret' || name.endsWith('_secret'));
  const lines = method.output.fields.flatMap((field) => {
    if (field === secret) return [];
    const value = fields[field.localName];
    if (field.fieldKind === 'message' && !isValue(field))
      return value ? fieldLines(field.message, value as Message) : [];
    return fieldLines(method.output, response).filter(([name]) => name === field.name);
  });
  if (secret && fields[secret.localName]) {
    // A script that keeps the output keeps the secret and nothing else.
    for (const [name, value] of lines) cli.print.note(`${name}: ${value}`);
    cli.print.note('The secret is shown this once:');
    cli.print.text(String(fields[secret.localName]), json);
    return;
  }
  cli.print.table(
    [
      { title: 'FIELD', value: ([name]: readonly [string, string]) => name },
      { title: 'VALUE', value: ([, value]: readonly [string, string]) => value },
    ],
    lines,
    json,
  );
}

/** The name under which commander keeps a flag's value. */
const attributeOf = (label: string): string =>
  label.slice(2).replaceAll(/-([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());
