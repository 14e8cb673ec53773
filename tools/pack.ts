import { join, resolve } from 'node:path';
import { layOutClient, layOutService } from './packages/layOut.js';

/** Lays out both npm packages: `npm run pack -- FOLDER`, then `npm pack` or `npm publish` in each of its folders. */
const [folder] = process.argv.slice(2);
if (folder) {
  const client = resolve(join(folder, 'client'));
  const service = resolve(join(folder, 'countersign'));
  layOutClient(client);
  layOutService(service);
  process.stdout.write(`${client}\n${service}\n`);
} else {
  process.stderr.write('usage: npm run pack -- FOLDER\n');
  process.exitCode = 64;
}
