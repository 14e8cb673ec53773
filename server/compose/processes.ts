import { join } from 'node:path';
import type { Config } from '../config/config.js';
import { accountId } from '../delivery/accounts/stored.js';
import type { createFindSent } from '../delivery/findSent.js';
import { createMarks, type Marks } from '../delivery/marks.js';
import { createTakeOver as createMessageTakeOver } from '../delivery/takeOver.js';
import { createTakeOver as createEventTakeOver } from '../effects/takeOver.js';
import type { Logger } from '../observe/log.js';
import { type Clock, systemClock } from '../platform/clock.js';
import { systemRandom } from '../platform/random.js';
import type { StoredSession } from '../session/stored.js';
import { workspaceOf } from '../store/documentId.js';
import type { Documents } from '../store/documents.js';
import { createHeartbeats } from '../store/processes/heartbeats.js';
import type { Processes, TakeOver } from '../store/processes/processes.js';
import { createProcessFiles, marksPath } from '../store/processes/processFiles.js';
import { createTakeOver as createWebhookTakeOver } from '../webhooks/takeOver.js';
import type { Queues } from './queues.js';

interface Parts {
  readonly config: Pick<Config, 'mongodbUri' | 'dataDir'>;
  readonly documents: Documents;
  readonly log: Logger;
}

/** This process among those that share the store, and what it leaves for them when it is killed. */
export interface ProcessParts {
  readonly processes: Processes;
  readonly marks: Marks;
  readonly marksOf: (id: string) => string;
}

/** On real time, which also a test does not move: whether a process lives is no matter of the injected clock. */
export async function composeProcesses({ config, documents, log }: Parts): Promise<ProcessParts> {
  const folder = join(config.dataDir, 'proc');
  const real = { documents, clock: systemClock, random: systemRandom, log };
  const processes = config.mongodbUri
    ? await createHeartbeats({ ...real, monotonic: () => performance.now() })
    : createProcessFiles({ ...real, folder });
  const marksOf = (id: string) => marksPath(folder, id);
  return { processes, marksOf, marks: createMarks(marksOf(processes.id), log) };
}

/** What happens to the work of a process that has ended. */
export function composeTakeOver(parts: {
  readonly documents: Documents;
  readonly queues: Queues;
  readonly marksOf: (id: string) => string;
  readonly newSearch: ReturnType<typeof createFindSent>;
  readonly isBuiltIn: (provider: string) => boolean;
  readonly clock: Clock;
  readonly log: Logger;
}): TakeOver {
  const { documents, queues } = parts;
  const sessions = documents.collection<StoredSession>('sessions');
  const takeOvers = [
    createMessageTakeOver({
      ...parts,
      sessions,
      accountOf: (session, provider) =>
        parts.isBuiltIn(provider) ? undefined : accountId(workspaceOf(session), provider),
      offer: queues.outbox.offer,
    }),
    createEventTakeOver({ ...parts, sessions, offer: queues.events.offer }),
    createWebhookTakeOver({ ...parts, offer: queues.webhooks.offer }),
  ];
  return async (id) => {
    for (const takeOver of takeOvers) await takeOver(id);
  };
}
