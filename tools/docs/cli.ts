import { Readable } from 'node:stream';
import type { Command } from 'commander';
import { createProgram } from '../../server/cli/program.js';
import { EXIT } from '../../server/errors.js';
import { GENERATED, table } from './markdown.js';

/** What each exit status means; a reason's own is in the page of errors. */
const EXIT_MEANINGS: Readonly<Record<keyof typeof EXIT, string>> = {
  differs: 'What was compared differs: `diff` only.',
  usage: 'The command line is wrong.',
  data: 'The request or the code is wrong.',
  noInput: 'What is named does not exist.',
  unknownMethod: 'The service does not have the method: it is older than the command line.',
  internal: 'Refused in the state that the resource has, or a fault of the service.',
  exists: 'It exists already.',
  tryAgain: 'Try again later: the service cannot be reached, is busy, or limits the rate.',
  noPermission: 'No credential, or one that does not allow it.',
  configuration: 'Settings or secrets cannot be used. `start` ends with it as well.',
  canceled: 'Cancelled with Ctrl-C.',
};

/** docs/reference/cli.md, from the command tree. */
export function cli(): string {
  const sink = { write: () => {} };
  const program = createProgram({
    stdin: Readable.from([]),
    stdout: sink,
    stderr: sink,
    env: {},
    now: Date.now,
  });
  const statuses = Object.entries(EXIT).map(([name, status]) => [
    String(status),
    EXIT_MEANINGS[name as keyof typeof EXIT],
  ]);
  return `# Command line

${GENERATED}

\`countersign\` starts the service, and calls a running one. On a terminal, results are aligned tables; in a pipe they are
separated by tabs, without titles; with \`--json\` they are one JSON value, and errors are \`{"error": {…}}\` on standard
error.

The package \`countersign\` and the Debian package install it. In a clone it is \`node dist/server/cli/main.js\`, which
\`npm start\` and \`npm run build\` make: \`alias countersign="node $PWD/dist/server/cli/main.js"\`.

The service to call is the context named with \`--context\`; else \`COUNTERSIGN_URL\` and \`COUNTERSIGN_API_KEY\`; else the
current context; else \`http://127.0.0.1:8080\`. Contexts are in \`$XDG_CONFIG_HOME/countersign/contexts.json\`, readable by
their owner only. A key, code or token is read from standard input or a file and never from an argument.

Durations are written \`90s\`, \`5m\`, \`2h\`, \`30d\`; times as \`2030-01-15T12:00:00Z\`, or as a duration from now, such as
\`--since=-1h\`. Lists are separated by commas.

| exit | meaning |
|---|---|
| 0 | Success. |
${statuses.map(([status, meaning]) => `| ${status} | ${meaning} |`).join('\n')}

${shown(program)
  .flatMap((command) => section(program, command, ''))
  .join('\n\n')}
`;
}

const shown = (command: Command): readonly Command[] =>
  command.commands.filter((one) => !one.name().startsWith('__') && one.name() !== 'help');

function section(program: Command, command: Command, prefix: string): string[] {
  const name = `${prefix}${command.name()}`;
  const children = shown(command);
  if (children.length > 0) {
    const group = `## ${name}\n\n${command.description()}`;
    return [group, ...children.flatMap((child) => section(program, child, `${name} `))];
  }
  const usage = `${name} ${command.usage()}`.replace(/ \[command\]/, '');
  const inputs = [
    ...command.registeredArguments.map((one) => [`\`${one.name()}\``, one.description]),
    ...command.options.map((one) => [`\`${one.flags}\``, withDefault(one.description, one.defaultValue)]),
  ];
  return [
    `${prefix ? '###' : '##'} ${name}`,
    `\`countersign ${usage}\``,
    command.description(),
    ...(inputs.length > 0 ? [table(['input', 'meaning'], inputs)] : []),
  ];
}

const withDefault = (text: string, value: unknown): string =>
  value === undefined ? text : `${text}${/\.$/.test(text) ? '' : '.'} Default: ${String(value)}.`;
