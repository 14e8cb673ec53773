import type { Command } from 'commander';
import { EXIT } from '../../errors.js';
import type { Cli } from '../cli.js';
import { contextFile, readContexts, writeContexts } from '../context/contexts.js';
import { CliError, usage } from '../errors.js';
import { readSecret } from '../io.js';
import { examples } from './examples.js';

/** `countersign context`: services by name. */
export function addContext(program: Command, cli: Cli): void {
  const { env } = cli.io;
  const context = program
    .command('context')
    .helpGroup('Command line:')
    .description('services by name, with their keys');
  const known = (name: string) => {
    const file = readContexts(env);
    if (!file.contexts[name])
      throw new CliError(`There is no context ${name}: see \`countersign context ls\``, EXIT.noInput);
    return file;
  };
  context
    .command('add')
    .description('Add or replace a context; its API key is read from standard input.')
    .argument('<name>')
    .requiredOption('--url <url>', 'URL of the service')
    .addHelpText('after', examples('countersign context add production --url https://otp.example.com < key'))
    .action(async (name: string, { url }: { readonly url: string }) => {
      if (!URL.canParse(url) || !/^https?:/.test(url))
        throw usage('--url must be a URL that begins with https:// or http://');
      const key = await readSecret(cli.io, 'The API key');
      if (!key) throw usage('The API key must be given on standard input');
      const { current, contexts } = readContexts(env);
      writeContexts(env, { current: current || name, contexts: { ...contexts, [name]: { url, key } } });
      cli.print.note(`${name} is kept in ${contextFile(env)}.`);
    });
  context
    .command('use')
    .description('Choose the context of later commands.')
    .argument('<name>')
    .addHelpText('after', examples('countersign context use production'))
    .action((name: string) => writeContexts(env, { ...known(name), current: name }));
  context
    .command('ls')
    .description('List the contexts; their keys are not printed.')
    .addHelpText('after', examples('countersign context ls'))
    .action(() => {
      const { current, contexts } = readContexts(env);
      const rows = Object.entries(contexts).map(([name, { url }]) => ({
        name,
        url,
        current: name === current,
      }));
      cli.print.table(
        [
          { title: '', value: (row) => (row.current ? '*' : ' ') },
          { title: 'NAME', value: (row) => row.name },
          { title: 'URL', value: (row) => row.url },
        ],
        rows,
        rows,
      );
    });
  context
    .command('rm')
    .description('Remove a context and its key.')
    .argument('<name>')
    .addHelpText('after', examples('countersign context rm staging'))
    .action((name: string) => {
      const { current, contexts } = known(name);
      const { [name]: _removed, ...others } = contexts;
      writeContexts(env, { current: current === name ? '' : current, contexts: others });
    });
}
