import type { Options } from '../options.js';
import type { Report } from '../report.js';

/** What every suite works with. */
export interface SuiteContext {
  readonly options: Options;
  /** Where results go. */
  readonly report: Report;
  /** Reports progress to the person who waits. */
  say(what: string): void;
}

/** The scenarios the command line asked for. */
export const wanted = <S extends { readonly name: string }>(
  scenarios: readonly S[],
  { only }: SuiteContext['options'],
  group: string,
): readonly S[] =>
  scenarios.filter(({ name }) => `${group} ${name}`.toLowerCase().includes(only.toLowerCase()));
