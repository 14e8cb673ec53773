import { parseArgs } from 'node:util';

/** How much is measured. */
export interface Effort {
  /** Seconds for one scenario, the unmeasured rounds at its beginning included. */
  readonly seconds: number;
  /** Requests under way at any time. */
  readonly inFlight: number;
  /** Calls of a round that writes: at most `few`, because each gets a stored session of its own. */
  readonly writes: number;
  /** Calls of a round that only reads. */
  readonly reads: number;
  /** Calls of a round that hashes with argon2id. */
  readonly hashes: number;
  /** Cold starts. */
  readonly starts: number;
  /** Stored sessions of the small and of the large store. */
  readonly few: number;
  readonly many: number;
  /** Stored sessions of the largest store, which is measured on request only. */
  readonly most: number;
}

/** About four minutes, with and without a MongoDB-compatible server. */
const FULL: Effort = {
  seconds: 15,
  inFlight: 32,
  writes: 500,
  reads: 1_500,
  hashes: 100,
  starts: 5,
  few: 1_000,
  many: 100_000,
  most: 1_000_000,
};

/** About one minute: enough to see a regression by half, not by a tenth. */
const QUICK: Effort = {
  seconds: 4,
  inFlight: 32,
  writes: 250,
  reads: 750,
  hashes: 50,
  starts: 2,
  few: 1_000,
  many: 20_000,
  most: 20_000,
};

export interface Options {
  readonly effort: Effort;
  readonly quick: boolean;
  /** Measure only what has this in its name. */
  readonly only: string;
  /** Keep the results in this file, too. */
  readonly json: string | undefined;
  /** Compare with the build of this commit, and do nothing else. */
  readonly against: string | undefined;
  /** Write a CPU profile of each service process into this folder. */
  readonly profile: string | undefined;
}

export const USAGE = `npm run bench -- [--quick] [--only TEXT] [--json FILE] [--profile FOLDER] [--against COMMIT]

  --quick           fewer and shorter rounds, about a minute
  --only TEXT       only measurements with TEXT in their name; "growth" is one that runs on request only,
                    with a million sessions on the embedded store (about 4 GB of disk)
  --json FILE       write the results as JSON, too; what other runs have left in the file stays
  --against COMMIT  compare with the build of a commit, side by side: CPU by thread, operations, bytes, memory
  --profile FOLDER  write a CPU profile of each service process (open with Chrome DevTools)

MONGODB_URI names the MongoDB to measure on; without it one is looked for, as the tests do.
`;

/** Reads the command line; undefined when help was asked for. Throws a TypeError for what it does not know. */
export function readOptions(args: readonly string[]): Options | undefined {
  const { values } = parseArgs({
    args: [...args],
    options: {
      quick: { type: 'boolean', default: false },
      only: { type: 'string', default: '' },
      json: { type: 'string' },
      profile: { type: 'string' },
      against: { type: 'string' },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) return undefined;
  return {
    effort: values.quick ? QUICK : FULL,
    quick: values.quick,
    only: values.only,
    json: values.json,
    profile: values.profile,
    against: values.against,
  };
}
