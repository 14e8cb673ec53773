import { faultsOf } from './release/versions.js';

/** Checks that a tag can be released: `npm run check:release -- v0.2.0`. */
const [tag = ''] = process.argv.slice(2);
const faults = faultsOf(tag);
process.stdout.write(faults.length > 0 ? `${faults.join('\n')}\n` : `${tag} can be released\n`);
if (faults.length > 0) process.exitCode = 1;
