import { Argument, type Command } from 'commander';
import type { Cli } from '../cli.js';
import { examples } from './examples.js';

/** What a shell runs to complete a command line: it asks `countersign __complete` for the words. */
const SCRIPTS: Readonly<Record<string, string>> = {
  bash: `_countersign() {
  local words
  words=$(countersign __complete -- "\${COMP_WORDS[@]:1:COMP_CWORD-1}" 2>/dev/null)
  COMPREPLY=($(compgen -W "$words" -- "\${COMP_WORDS[COMP_CWORD]}"))
}
complete -o default -F _countersign countersign
`,
  zsh: `#compdef countersign
_countersign() {
  local -a candidates
  candidates=(\${(f)"$(countersign __complete -- "\${(@)words[2,CURRENT-1]}" 2>/dev/null)"})
  compadd -- $candidates
}
if [ "$funcstack[1]" = "_countersign" ]; then _countersign "$@"; else compdef _countersign countersign; fi
`,
  fish: `function __countersign_complete
  set -l words (commandline -opc)
  countersign __complete -- $words[2..-1] 2>/dev/null
end
complete -c countersign -f -a '(__countersign_complete)'
`,
};

/** `countersign completion` and the hidden command that its scripts call. */
export function addCompletion(program: Command, cli: Cli): void {
  program
    .command('completion')
    .helpGroup('Command line:')
    .description('Print a completion script for a shell.')
    .addArgument(new Argument('<shell>').choices(Object.keys(SCRIPTS)))
    .addHelpText(
      'after',
      examples(
        'source <(countersign completion bash)',
        'countersign completion fish > ~/.config/fish/completions/countersign.fish',
      ),
    )
    .action((shell: string) => void cli.io.stdout.write(SCRIPTS[shell]!));
  program
    .command('__complete', { hidden: true })
    .argument('[words...]')
    .action(
      (words: readonly string[]) => void cli.io.stdout.write(`${completions(program, words).join('\n')}\n`),
    );
}

/** What can follow these words: commands, then flags, or the words that the last flag takes. */
export function completions(program: Command, words: readonly string[]): string[] {
  let command = program;
  for (const word of words) command = command.commands.find((one) => one.name() === word) ?? command;
  const options = [...command.options, ...(command === program ? [] : program.options)];
  const last = options.find(
    ({ long, short }) => words.length > 0 && (long === words.at(-1) || short === words.at(-1)),
  );
  if (last?.argChoices) return [...last.argChoices];
  const argument = command.registeredArguments.find(({ argChoices }) => argChoices);
  return [
    ...command.commands.map((one) => one.name()).filter((name) => !name.startsWith('__')),
    ...(argument?.argChoices ?? []),
    ...options.flatMap(({ long, hidden }) => (long && !hidden ? [long] : [])),
    '--help',
  ];
}
