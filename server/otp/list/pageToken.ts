import { createHash } from 'node:crypto';
import { invalid } from '../../errors.js';

const FORM = /^1 ([\w-]{16}) ([a-z0-9-]+\/[0-9a-f-]{36})$/;

const digest = (filters: string): string =>
  createHash('sha256').update(filters).digest('base64url').slice(0, 16);

/** A token that continues after the document `lastId`, for the same filters only. */
export const writePageToken = (lastId: string, filters: string): string =>
  Buffer.from(`1 ${digest(filters)} ${lastId}`).toString('base64url');

/** The document to continue after; undefined for the first page. Throws INVALID_REQUEST for a token that is not for these filters. */
export function readPageToken(token: string, filters: string): string | undefined {
  if (!token) return undefined;
  const [, forFilters, lastId] = FORM.exec(Buffer.from(token, 'base64url').toString('utf8')) ?? [];
  if (!lastId) throw invalid('page_token', 'must be a token of this service');
  if (forFilters !== digest(filters))
    throw invalid('page_token', 'must be used with the filters it was issued for');
  return lastId;
}
