import { closeSync, ftruncateSync, mkdirSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Logger } from '../observe/log.js';

/** A file of marks that is longer is emptied when no delivery attempt needs it. */
const LONGEST_BYTES = 1024 * 1024;

/**
 * What a process has asked of providers, in a file that outlives it: which
 * requests it has begun, and which were accepted. Written without waiting for the
 * disk, so that it survives the end of the process but not of the machine.
 */
export interface Marks {
  /** A request to a provider begins. `lease`: the id of the lease it is made under. */
  begin(lease: string, provider: string): void;
  /** The provider accepted the message. Called as soon as its response is read. */
  accepted(lease: string, vendorId?: string): void;
  /** The outcome is stored, or will never be. */
  end(lease: string): void;
  /** To be called when no delivery attempt runs. */
  close(): void;
}

/** What is known of the request made under one lease. */
export interface Mark {
  readonly provider: string;
  readonly accepted: boolean;
  readonly vendorId?: string;
}

export function createMarks(path: string, log: Logger): Marks {
  const pending = new Set<string>();
  let file: number | undefined;
  let bytes = 0;
  let failed = false;

  function write(line: string): void {
    try {
      file ??= open(path);
      bytes += writeSync(file, line);
    } catch (err) {
      // Delivery does not depend on it: without a mark a message may be sent twice after a crash.
      if (!failed) log.warn({ err }, 'marks of delivery attempts cannot be written');
      failed = true;
    }
  }

  return {
    begin(lease, provider) {
      pending.add(lease);
      write(`B ${lease} ${provider}\n`);
    },
    accepted: (lease, vendorId) => write(`A ${lease} ${encodeURIComponent(vendorId ?? '')}\n`),
    end(lease) {
      pending.delete(lease);
      if (file === undefined || pending.size > 0 || bytes < LONGEST_BYTES) return;
      ftruncateSync(file);
      bytes = 0;
    },
    close() {
      if (file === undefined) return;
      closeSync(file);
      file = undefined;
      rmSync(path, { force: true });
    },
  };
}

function open(path: string): number {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  return openSync(path, 'a', 0o600);
}

/** The marks of a process that has ended, by lease; undefined where it left none here. */
export function readMarks(path: string): ReadonlyMap<string, Mark> | undefined {
  const text = readIfThere(path);
  if (text === undefined) return undefined;
  const marks = new Map<string, Mark>();
  // What follows the last line feed was cut off.
  for (const line of text.split('\n').slice(0, -1)) {
    const [kind, lease = '', value = ''] = line.split(' ');
    if (kind === 'B') marks.set(lease, { provider: value, accepted: false });
    const begun = marks.get(lease);
    if (kind === 'A' && begun) {
      marks.set(lease, { ...begun, accepted: true, ...(value && { vendorId: decodeURIComponent(value) }) });
    }
  }
  return marks;
}

function readIfThere(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}
