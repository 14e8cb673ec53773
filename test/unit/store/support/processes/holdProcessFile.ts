import { pino } from 'pino';
import { systemClock } from '../../../../../server/platform/clock.js';
import { systemRandom } from '../../../../../server/platform/random.js';
import type { Documents } from '../../../../../server/store/documents.js';
import { createProcessFiles } from '../../../../../server/store/processes/processFiles.js';

/** Holds a process file until it is killed, and prints its id. */
const [folder] = process.argv.slice(2);
const { id } = createProcessFiles({
  folder: folder!,
  documents: {} as Documents,
  clock: systemClock,
  random: systemRandom,
  log: pino({ level: 'silent' }),
});
console.log(id);
process.stdin.resume();
