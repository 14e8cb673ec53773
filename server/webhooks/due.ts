import type { Requester } from '../fairness/shares.js';
import { splitLast, workspaceOf } from '../store/documentId.js';
import { dueKey } from '../store/dueKey.js';
import type { StoredWebhookDelivery } from './stored.js';

type Queue = Pick<StoredWebhookDelivery, '_id'>;

/** For whom a queue is worked on: its workspace, and as the client its endpoint, so that a slow one delays no other. */
export const requesterOf = (queue: Queue): Requester => ({
  workspace: workspaceOfQueue(queue),
  client: splitLast(queue._id)[0],
});

/** The fields of a queue whose first event is sent at this time. */
export function dueAgain(_id: string, at: number): Pick<StoredWebhookDelivery, 'dueAt' | 'dueKey'> {
  const dueAt = new Date(at);
  return { dueAt, dueKey: dueKey(workspaceOfQueue({ _id }), dueAt) };
}

/** `_id` begins with workspace.mode. */
function workspaceOfQueue({ _id }: Queue): string {
  const partition = workspaceOf({ _id });
  return partition.slice(0, partition.lastIndexOf('.'));
}
