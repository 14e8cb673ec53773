import type { Mode } from '../../domain/mode.js';
import { partitionOf } from '../../domain/principal.js';
import { CODE_CLASSES, type CodeClass } from '../../limits/recipientBudget/budgetLimits.js';
import type { Clock } from '../../platform/clock.js';
import { DAY_MS } from '../../platform/durations.js';
import type { Documents } from '../../store/documents.js';
import type { Counter } from './counter.js';
import { CODES } from './stats.js';
import { idAt, statsOf } from './stored.js';

const LENGTHS_MS = 30 * DAY_MS;
const SHARE_MS = 7 * DAY_MS;

/** Which lengths of code a workspace sends to people, and how much of it says nothing of where they are. */
export function createCodeUse(documents: Documents, counter: Counter, clock: Clock) {
  const stats = statsOf(documents);
  const mode: Mode = 'live';

  return async (workspace: string) => {
    await counter.flush();
    const now = clock.now();
    const partition = partitionOf({ workspace, mode });
    const range = {
      $gte: idAt(partition, { span: 'day' }, now - LENGTHS_MS),
      $lt: idAt(partition, { span: 'day' }, now + DAY_MS),
    };
    const lengths = new Set<CodeClass>();
    let sends = 0;
    let unidentified = 0;
    for await (const day of stats.find({ _id: range }, { sort: { _id: 1 } })) {
      for (const code of CODE_CLASSES) if ((day[CODES[code]] ?? 0) > 0) lengths.add(code);
      if (day.at.getTime() <= now - SHARE_MS) continue;
      // Not `sends`: a message that was not needed is taken out of that again.
      for (const code of CODE_CLASSES) sends += day[CODES[code]] ?? 0;
      unidentified += day.unidentified ?? 0;
    }
    return { lengths, unidentifiedShare: sends > 0 ? unidentified / sends : 0 };
  };
}
