import { randomUUID } from 'node:crypto';
import { timestampMs } from '@bufbuild/protobuf/wkt';
import { Code } from '@connectrpc/connect';
import { beforeAll, describe, expect, it } from 'vitest';
import { readError } from '../../clients/errors/index.js';
import { Channel, SessionStatus } from '../../gen/otp/v1/session_pb.js';
import { WATCH_LIMITS } from '../../server/otp/watch/limits.js';
import { connectJson } from '../support/connectJson.js';
import { eventually } from '../support/eventually.js';
import { startService } from '../support/service.js';
import { serviceForSuite } from '../support/serviceForSuite.js';
import { newKey } from '../support/tenant.js';
import { otherThan } from './support/delivered.js';
import { WATCHERS, watch } from './support/watchers.js';

const service = serviceForSuite();
let call: ReturnType<typeof connectJson>;
beforeAll(async () => {
  call = connectJson(service.baseUrl, service.liveKey);
});

const method = (name: string) => `otp.v1.OtpService/${name}`;
let people = 0;
/** A sandbox session, so that its codes are known. */
async function open(channels: readonly string[] = ['email'], more: object = {}) {
  people++;
  const recipients: Record<string, string> = {
    email: `watched.${people}@example.com`,
    sms: `+5730012${String(34_000 + people)}`,
  };
  const { body } = await call(method('Send'), {
    recipients: Object.fromEntries(channels.map((channel) => [channel, recipients[channel]])),
    sandbox: true,
    ...more,
  });
  return {
    id: body.session.id as string,
    token: body.sessionToken as string,
    codes: body.sandboxCodes as Record<string, string>,
  };
}
const verify = (sessionId: string, codes: Record<string, string>) =>
  call(method('Verify'), { sessionId, codes });
const failure = (ended: Promise<void>) => ended.then(() => expect.unreachable('it ended well'), readError);
/** The log lines of streams about a session, once there are so many. */
const logLines = (sessionId: string, count: number) =>
  eventually(() => {
    const lines = service
      .logged()
      .split('\n')
      .filter((line) => line.includes('"WatchSession"') && line.includes(sessionId))
      .map((line) => JSON.parse(line));
    return lines.length >= count && lines;
  });

describe.each(WATCHERS)('$name', ({ open: openStream }) => {
  const begin = (credential: string, request: { sessionId?: string; cursor?: string }) =>
    watch(openStream, service.baseUrl, credential, request);

  it('shows the session at once, then its events, until it ends', async () => {
    const { id, codes } = await open(['email', 'sms'], { metadata: { order: 1 } });
    const watching = begin(service.liveKey, { sessionId: id });
    const [first] = await watching.until(1);
    expect(first!.event).toBeUndefined();
    expect(first).toMatchObject({ session: { id, status: SessionStatus.PENDING, metadata: { order: 1 } } });

    await verify(id, { sms: codes.sms! });
    const [, partial] = await watching.until(2);
    expect(partial).toMatchObject({
      event: { channel: Channel.SMS },
      session: { status: SessionStatus.PARTIAL },
      final: false,
    });
    await verify(id, { email: codes.email! });
    await watching.ended;
    expect(watching.events()).toEqual(['SESSION_PARTIAL', 'SESSION_APPROVED']);
    expect(watching.responses.at(-1)).toMatchObject({
      event: { channel: Channel.EMAIL },
      session: { status: SessionStatus.APPROVED },
      final: true,
    });
    expect(new Set(watching.responses.map(({ event }) => event?.id)).size).toBe(3);
  });

  it('shows delivery, the lock and a cancellation', async () => {
    const { body } = await call(method('Send'), { recipients: { email: `live.${people++}@example.com` } });
    const { id } = body.session;
    const live = begin(service.liveKey, { sessionId: id });
    await eventually(() => live.events().includes('DELIVERY_ACCEPTED'));
    await call(method('CancelSession'), { sessionId: id });
    await live.ended;
    expect(live.events()).toEqual(['DELIVERY_ACCEPTED', 'SESSION_CANCELED']);

    const guessed = await open();
    const locked = begin(service.liveKey, { sessionId: guessed.id });
    await locked.until(1);
    for (let guess = 0; guess < 3; guess++) {
      await verify(guessed.id, { email: otherThan(guessed.codes.email!) });
    }
    await locked.ended;
    expect(locked.events()).toEqual(['SESSION_LOCKED']);
    expect(locked.responses.at(-1)).toMatchObject({
      session: { status: SessionStatus.LOCKED },
      final: true,
    });
  });

  it('shows the expiry at its very moment, without another call', async () => {
    const { id } = await open();
    const watching = begin(service.liveKey, { sessionId: id });
    await watching.until(1);
    service.clock.advance(300_000);
    await watching.ended;
    expect(watching.events()).toEqual(['SESSION_EXPIRED']);
    const { event, session, final } = watching.responses.at(-1)!;
    expect(session?.status).toBe(SessionStatus.EXPIRED);
    expect(final).toBe(true);
    expect(timestampMs(event!.at!)).toBe(timestampMs(session!.expiresAt!));
  });

  it('resumes after a cursor, without repeating or losing an event', async () => {
    const { id, codes } = await open(['email', 'sms']);
    const first = begin(service.liveKey, { sessionId: id });
    await first.until(1);
    await verify(id, { email: codes.email! });
    const seen = await first.until(2);
    first.leave();
    await first.ended.catch(() => {});
    // No stream is open when this happens.
    await verify(id, { sms: codes.sms! });
    const second = begin(service.liveKey, { sessionId: id, cursor: seen[1]!.cursor });
    await second.ended;
    expect(second.events()).toEqual(['SESSION_APPROVED']);
    const third = begin(service.liveKey, { sessionId: id, cursor: second.responses.at(-1)!.cursor });
    await third.ended;
    expect(third.responses).toMatchObject([{ session: { status: SessionStatus.APPROVED }, final: true }]);
    expect(third.responses[0]!.event).toBeUndefined();
    const whole = begin(service.liveKey, { sessionId: id });
    await whole.ended;
    expect(whole.events()).toEqual(['SESSION_PARTIAL', 'SESSION_APPROVED']);
  });

  it('shows a session token its own session only, without metadata', async () => {
    const mine = await open(['email'], { metadata: { secret: 'of the backend' } });
    const other = await open();
    const own = begin(mine.token, {});
    const [first] = await own.until(1);
    expect(first!.session?.id).toBe(mine.id);
    expect(first!.session?.metadata).toBeUndefined();
    await verify(mine.id, mine.codes);
    await own.ended;
    expect(own.responses.at(-1)!.session?.metadata).toBeUndefined();

    const foreign = await failure(begin(mine.token, { sessionId: other.id }).ended);
    expect(foreign).toMatchObject({ reason: 'SESSION_NOT_FOUND', code: Code.NotFound });
    expect(foreign).toEqual(await failure(begin(mine.token, { sessionId: randomUUID() }).ended));
  });

  it('refuses callers that may not read the session, and a cursor of another one', async () => {
    const { id } = await open();
    const other = await open();
    const sender = await newKey(service, 'default', ['otp.send']);
    expect(await failure(begin(sender, { sessionId: id }).ended)).toMatchObject({
      reason: 'PERMISSION_DENIED',
    });
    const neighbour = await newKey(service, 'neighbour');
    expect(await failure(begin(neighbour, { sessionId: id }).ended)).toMatchObject({
      reason: 'SESSION_NOT_FOUND',
    });
    expect(await failure(begin('sk_otp_live_unknown', { sessionId: id }).ended)).toMatchObject({
      reason: 'UNAUTHENTICATED',
    });
    const watching = begin(service.liveKey, { sessionId: other.id });
    const { cursor } = (await watching.until(1))[0]!;
    watching.leave();
    for (const wrong of [cursor, 'nonsense']) {
      const refused = await failure(begin(service.liveKey, { sessionId: id, cursor: wrong }).ended);
      expect(refused).toMatchObject({ reason: 'INVALID_REQUEST', violations: [{ field: 'cursor' }] });
    }
  });

  it('can be cancelled, which frees its place and is logged once', async () => {
    const { id } = await open();
    const watching = begin(service.liveKey, { sessionId: id });
    await watching.until(1);
    watching.leave();
    expect(await failure(watching.ended)).toMatchObject({ code: Code.Canceled });
    expect(await logLines(id, 1)).toMatchObject([{ responses: 1, ended: 'LEFT', reason: 'OK' }]);
  });
});

describe('a watched session', () => {
  const [{ open: openStream }] = WATCHERS as unknown as [(typeof WATCHERS)[0]];
  const begin = (credential: string, request: { sessionId?: string; cursor?: string }) =>
    watch(openStream, service.baseUrl, credential, request);

  it('sends keep-alive responses when nothing happens, and ends after five minutes to be resumed', async () => {
    const { id, codes } = await open(['email'], { config: { lifetime: '600s' } });
    const watching = begin(service.liveKey, { sessionId: id });
    await watching.until(1);
    for (let beat = 1; beat <= 3; beat++) {
      service.clock.advance(WATCH_LIMITS.heartbeatSeconds * 1_000);
      const responses = await watching.until(beat + 1);
      expect(responses.at(-1)!.event).toBeUndefined();
      expect(responses.at(-1)!.final).toBe(false);
    }
    service.clock.advance((WATCH_LIMITS.lengthSeconds - 3 * WATCH_LIMITS.heartbeatSeconds) * 1_000);
    await watching.ended;
    const last = watching.responses.at(-1)!;
    expect(last.final).toBe(false);
    expect(await logLines(id, 1)).toMatchObject([{ ended: 'TOO_LONG', reason: 'OK', ms: 300_000 }]);

    const again = begin(service.liveKey, { sessionId: id, cursor: last.cursor });
    await again.until(1);
    await verify(id, codes);
    await again.ended;
    expect(again.events()).toEqual(['SESSION_APPROVED']);
  });

  it('is shown again when a resend revives it, with its first expiry', async () => {
    const { id, codes } = await open(['email', 'sms']);
    const first = begin(service.liveKey, { sessionId: id });
    await first.until(1);
    service.clock.advance(300_000);
    await first.ended;
    const { body } = await call(method('Resend'), { sessionId: id });
    const again = begin(service.liveKey, { sessionId: id });
    await again.until(2);
    await verify(id, { ...codes, ...body.sandboxCodes });
    await again.ended;
    expect(again.events()).toEqual(['SESSION_EXPIRED', 'SESSION_PARTIAL', 'SESSION_APPROVED']);
    const finals = again.responses.filter(({ final }) => final);
    expect(finals).toHaveLength(1);
  });

  it.each([
    ['expired@sandbox.example', 'SESSION_EXPIRED'],
    ['locked@sandbox.example', 'SESSION_LOCKED'],
  ])('that ended before the stream started is shown as ended: %s', async (email, event) => {
    const { body } = await call(method('Send'), { recipients: { email }, sandbox: true });
    const watching = begin(service.liveKey, { sessionId: body.session.id });
    await watching.ended;
    expect(watching.events()).toEqual([event]);
  });

  it('shows the failed delivery of a sandbox recipient', async () => {
    const { body } = await call(method('Send'), {
      recipients: { email: 'refused@sandbox.example' },
      sandbox: true,
    });
    const watching = begin(service.liveKey, { sessionId: body.session.id });
    await watching.until(2);
    expect(watching.responses[1]!.event).toMatchObject({ error: 'REFUSED', channel: Channel.EMAIL });
    expect(watching.events()).toEqual(['DELIVERY_FAILED']);
    watching.leave();
  });

  it('shows no more events to a revoked key', async () => {
    const { id, codes } = await open(['email', 'sms']);
    const made = await call('otp.admin.v1.ApiKeyService/CreateApiKey', {
      apiKey: { displayName: 'to be revoked', scopes: ['sessions.read'] },
    });
    const watching = begin(made.body.secret, { sessionId: id });
    await watching.until(1);
    await call('otp.admin.v1.ApiKeyService/DeleteApiKey', { id: made.body.apiKey.id });
    await verify(id, { email: codes.email! });
    expect(await failure(watching.ended)).toMatchObject({ reason: 'UNAUTHENTICATED' });
    expect(watching.responses).toHaveLength(1);
  });

  it('has a limit of watchers, which free their places', async () => {
    const { id } = await open();
    const watchers = Array.from({ length: WATCH_LIMITS.perSession }, () =>
      begin(service.liveKey, { sessionId: id }),
    );
    await Promise.all(watchers.map((watching) => watching.until(1)));
    const refused = await failure(begin(service.liveKey, { sessionId: id }).ended);
    expect(refused).toMatchObject({ reason: 'OVERLOADED', code: Code.Unavailable, retryAfterMs: 5_000 });
    watchers[0]!.leave();
    await logLines(id, 2);
    const next = begin(service.liveKey, { sessionId: id });
    await next.until(1);
    expect(next.responses).toHaveLength(1);
    for (const watching of [...watchers, next]) watching.leave();
  });
});

describe('a service that stops', () => {
  it.each(WATCHERS)(
    'ends the stream of $name without an error, with a cursor to resume from elsewhere',
    async ({ open: openStream }) => {
      const leaving = await startService();
      const backend = connectJson(leaving.baseUrl, leaving.liveKey);
      const { body } = await backend(method('Send'), { recipients: { email: 'stop@example.com' } });
      const watching = watch(openStream, leaving.baseUrl, leaving.liveKey, { sessionId: body.session.id });
      await eventually(() => watching.events().includes('DELIVERY_ACCEPTED'));
      await leaving.stop();
      await watching.ended;
      expect(watching.responses.at(-1)).toMatchObject({ final: false });
      expect(watching.responses.at(-1)!.cursor).not.toBe(watching.responses[0]!.cursor);
      expect(leaving.logged()).toContain('"ended":"STOPPING"');
    },
  );
});
