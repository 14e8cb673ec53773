import type { InboxMessage } from '../../server/delivery/vendors/inbox/messages.js';

/** The messages of a development inbox, newest first. */
export async function readInbox(baseUrl: string, token: string): Promise<InboxMessage[]> {
  const headers = { authorization: `Bearer ${token}` };
  const response = await fetch(`${baseUrl}/inbox.json`, { headers });
  if (!response.ok) throw new Error(`the inbox responds ${response.status}`);
  return ((await response.json()) as { messages: InboxMessage[] }).messages;
}

/** The inbox token that a start in development prints. */
export const inboxTokenIn = (output: string): string => /\/inbox#t=(\S+)/.exec(output)?.[1] ?? '';
