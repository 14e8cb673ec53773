import type { InboxFilter, InboxMessage, InboxMessages } from '../../delivery/vendors/inbox/messages.js';
import { parseId } from '../../domain/ids.js';
import { invalid } from '../../errors.js';
import type { Page, Paging } from '../shared/paging.js';

const DEFAULT_PAGE = 50;

/** Reads a page; its token is the id of the last message. */
export async function readInboxPage(
  messages: InboxMessages,
  filter: InboxFilter,
  { pageSize, pageToken }: Paging,
): Promise<Page<InboxMessage>> {
  if (pageToken && !parseId(pageToken)) throw invalid('page_token', 'must be a token of this service');
  const size = pageSize || DEFAULT_PAGE;
  const found = await messages.find({ ...filter, ...(pageToken && { before: pageToken }) }, size + 1);
  const items = found.slice(0, size);
  return { items, nextPageToken: found.length > size ? items.at(-1)!.id : '' };
}
