import { readFile, writeFile } from 'node:fs/promises';
import { machine, type Report } from './report.js';

/** What one run of the bench measured, and on what. */
export interface Run extends Report {
  readonly machine: ReturnType<typeof machine>;
}

/** The results of several runs in one file: that of a comparison of builds at the top, others by what was asked for. */
interface Figures {
  readonly runs?: Readonly<Record<string, Run>>;
}

/** Keeps the comparison of two builds; what other runs measured stays. */
export async function keepComparison(file: string, comparison: object): Promise<void> {
  const { runs } = await figuresIn(file);
  await write(file, { machine: machine(), ...comparison, ...(runs && { runs }) });
}

/** Keeps the results of a run under the name of what was measured; what other runs measured stays. */
export async function keepRun(file: string, name: string, report: Report): Promise<void> {
  const figures = await figuresIn(file);
  await write(file, { ...figures, runs: { ...figures.runs, [name]: { machine: machine(), ...report } } });
}

async function figuresIn(file: string): Promise<Figures> {
  try {
    return JSON.parse(await readFile(file, 'utf8'));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return {};
    throw error;
  }
}

const write = (file: string, figures: object): Promise<void> =>
  writeFile(file, `${JSON.stringify(figures, undefined, 2)}\n`);
