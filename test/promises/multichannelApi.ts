import { expect } from 'vitest';
import { CHANNELS, type ChannelName } from '../../server/domain/channels.js';
import type { InboxMessage } from '../../server/delivery/providers/inbox.js';
import { eventually } from '../support/eventually.js';
import type { TestService } from '../support/service.js';

/** What a door answered, its body read as JSON and as it came. */
export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  // biome-ignore lint/suspicious/noExplicitAny: tests read whatever the document says is there.
  readonly body: any;
}

/** One HTTP exchange. */
export type Exchange = (
  method: string,
  url: string,
  headers: Record<string, string>,
  body: string | undefined,
) => Promise<Pick<Answer, 'status' | 'headers' | 'text'>>;

const overFetch: Exchange = async (method, url, headers, body) => {
  const answer = await fetch(url, { method, headers, ...(body !== undefined && { body }) });
  return { status: answer.status, headers: answer.headers, text: await answer.text() };
};

export type MultichannelApi = ReturnType<typeof multichannelApi>;

/** Calls of the multi-channel document, as its integrators make them. */
export function multichannelApi(baseUrl: string, apiKey?: string, exchange: Exchange = overFetch) {
  const call = async (
    method: string,
    path: string,
    body?: unknown,
    headers: Record<string, string> = {},
  ): Promise<Answer> => {
    const sent = {
      ...(body !== undefined && { 'content-type': 'application/json' }),
      ...(apiKey !== undefined && { 'x-api-key': apiKey }),
      ...headers,
    };
    const text = body === undefined ? undefined : JSON.stringify(body);
    const answer = await exchange(method, `${baseUrl}/api/v1/otp/${path}`, sent, text);
    return { ...answer, body: JSON.parse(answer.text) };
  };
  return {
    call,
    send: (body: unknown, headers?: Record<string, string>) => call('POST', 'send', body, headers),
    verify: (body: unknown) => call('POST', 'verify', body),
    resend: (body: unknown) => call('POST', 'resend', body),
    /** `query` as in `{status: 'PENDING'}`. */
    sessions: (query: Record<string, string> = {}) => call('GET', `sessions?${new URLSearchParams(query)}`),
    session: async (id: string) => (await call('GET', `sessions/${id}`)).body.data,
  };
}

let people = 0;

/** Addresses nobody was sent anything at before. */
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
  readonly sent: Answer;
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
  const { session_token: token, session_id: id } = sent.body;
  return { token, id, recipients, sent, codes: await codesOf(service, id, channels.length) };
}

/** A code of the same length that was not sent. */
export const wrong = (code: string): string => (code.startsWith('0') ? '1' : '0') + code.slice(1);

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
