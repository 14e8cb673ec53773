import { splitLast } from '../store/documentId.js';
import type { StoredEndpoint } from './stored.js';

/** Sent by SendTestEvent only; no endpoint subscribes to it. */
const TYPE = 'webhook.test';

/** An event about the endpoint itself. */
export function testEvent({ _id }: Pick<StoredEndpoint, '_id'>, id: string, now: number) {
  const [, endpoint] = splitLast(_id);
  const timestamp = new Date(now).toISOString();
  const body = JSON.stringify({ type: TYPE, timestamp, data: { webhook_endpoint_id: endpoint } });
  return { id, type: TYPE, body };
}
