import { expect } from 'vitest';
import type { InboxMessage } from '../../../server/delivery/vendors/inbox/messages.js';
import { CHANNELS, type ChannelName } from '../../../server/domain/channels.js';
import { eventually } from '../../support/eventually.js';
import { apiKey, type Rest, type RestResponse, restClient } from '../../support/rest.js';
import type { TestService } from '../../support/service.js';

export type MultichannelApi = ReturnType<typeof multichannelOver>;

/** Calls of the multi-channel document, as its integrators make them. */
export const multichannelApi = (baseUrl: string, key?: string): MultichannelApi =>
  multichannelOver(restClient(baseUrl, key === undefined ? {} : apiKey(key)));

/** The same over a connection of the test's own. */
export function multichannelOver({ post, get, ...rest }: Pick<Rest, 'post' | 'get'> & Partial<Rest>) {
  const at = (path: string) => `/api/v1/otp/${path}`;
  return {
    send: (body: unknown, headers?: Record<string, string>) => post(at('send'), body, headers),
    verify: (body: unknown) => post(at('verify'), body),
    resend: (body: unknown) => post(at('resend'), body),
    /** `query` as in `{status: 'PENDING'}`. */
    sessions: (query: Record<string, string> = {}) => get(at(`sessions?${new URLSearchParams(query)}`)),
    session: (id: string) => get(at(`sessions/${id}`)),
    cancel: (id: string) => rest.delete!(at(`sessions/${id}`)),
  };
}

let people = 0;

/** Addresses that received no message before. */
export const fresh = {
  email: () => `person.${++people}@example.com`,
  phone: () => `+573${String(10_000_000 + ++people).padStart(9, '0')}`,
};

/** A new recipient for each channel. */
export const recipientsFor = (channels: readonly ChannelName[]): Record<string, string> =>
  Object.fromEntries(
    channels.map((channel) => [channel, channel === 'email' ? fresh.email() : fresh.phone()]),
  );

/** The messages of a session, newest first, once `count` of them have arrived. */
export const messagesOf = (service: TestService, sessionId: string, count: number): Promise<InboxMessage[]> =>
  eventually(async () => {
    const messages = (await service.inbox()).filter((message) => message.session_id === sessionId);
    return messages.length >= count && messages;
  });

/** The one run of four to eight digits in a text. */
export function codeIn(text: string): string {
  const runs = text.match(/(?<!\d)\d{4,8}(?!\d)/g) ?? [];
  expect(runs, text).toHaveLength(1);
  return runs[0]!;
}

/** The newest code of each channel, once `count` messages of the session have arrived. */
export async function codesOf(
  service: TestService,
  sessionId: string,
  count: number,
): Promise<Record<ChannelName, string>> {
  const messages = await messagesOf(service, sessionId, count);
  const newest = CHANNELS.flatMap((channel) => messages.find((message) => message.channel === channel) ?? []);
  return Object.fromEntries(newest.map(({ channel, text }) => [channel, codeIn(text)])) as Record<
    ChannelName,
    string
  >;
}

/** A session just opened. */
export interface Opened {
  readonly token: string;
  readonly id: string;
  readonly recipients: Record<string, string>;
  readonly sent: RestResponse;
  /** Codes as they were delivered. */
  readonly codes: Record<ChannelName, string>;
}

/** Opens a session to new recipients on these channels and reads its messages. */
export async function opened(
  service: TestService,
  api: MultichannelApi,
  channels: readonly ChannelName[] = ['email'],
  more: object = {},
): Promise<Opened> {
  const recipients = recipientsFor(channels);
  const sent = await api.send({ channels, recipients, ...more });
  expect(sent.status, sent.text).toBe(200);
  const { token, session_id: id } = sent.body;
  return { token, id, recipients, sent, codes: await codesOf(service, id, channels.length) };
}

/** Shows that a message to an address sent after all of these has arrived, and that none of these got any. */
export async function expectNothingSent(
  service: TestService,
  api: MultichannelApi,
  addresses: readonly string[],
): Promise<void> {
  await opened(service, api);
  const reached = (await service.inbox()).map(({ to }) => to);
  expect(reached.filter((to) => addresses.includes(to))).toEqual([]);
}
