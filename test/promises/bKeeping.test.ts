import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import type { Overrides } from '../../server/compose/service.js';
import { systemRandom } from '../../server/platform/random.js';
import type { StoredSession } from '../../server/session/stored.js';
import { connectJson } from '../support/connectJson.js';
import { eventually } from '../support/eventually.js';
import { apiKey, restClient } from '../support/rest.js';
import { startService, type TestService } from '../support/service.js';
import { newKey } from '../support/tenant.js';
import { otherThan } from '../wire/support/delivered.js';
import {
  codesOf,
  fresh,
  type MultichannelApi,
  messagesOf,
  multichannelApi,
  multichannelOver,
  opened,
} from './support/multichannelApi.js';

const ALL = ['email', 'sms', 'whatsapp'] as const;
const DAY = 86_400_000;

async function serving(env: Record<string, string>, overrides: Overrides = {}): Promise<TestService> {
  const service = await startService({ env, overrides });
  onTestFinished(() => service.stop());
  return service;
}

describe('what is stored and logged', () => {
  it('B18 codes are hashed before they are stored, equal codes differently', async () => {
    // Every code is 444444: what differs is then not the code.
    const random = { bytes: (n: number) => systemRandom.bytes(n), int: (max: number) => 444_444 % max };
    const service = await serving({ OTP_HASH: 'argon2id' }, { random });
    const api = multichannelApi(service.baseUrl, service.liveKey);
    const sessions = [await opened(service, api, ALL), await opened(service, api, ['email'])];
    expect(sessions.flatMap(({ codes }) => Object.values(codes))).toEqual(Array(4).fill('444444'));

    const stored = await service.documents.collection<StoredSession>('sessions').find({}).toArray();
    expect(stored).toHaveLength(2);
    const hashes = stored.flatMap(({ channels }) => Object.values(channels).map(({ codeHash }) => codeHash!));
    expect(new Set(hashes).size).toBe(4);
    for (const hash of hashes) expect(hash).toMatch(/^[\w-]+:\$argon2id\$v=19\$m=19456,t=2,p=1\$[^$]{22}\$/);
    expect(JSON.stringify(stored)).not.toContain('444444');
    const [{ token, codes }] = sessions as [(typeof sessions)[0]];
    expect((await api.verify({ token, otps: codes })).body.session_verified).toBe(true);
  });

  it('B19 codes are in no log, no database file and no metric', async () => {
    const service = await serving({});
    const rest = restClient(service.baseUrl, apiKey(service.liveKey));
    const api = multichannelOver(rest);
    const used: string[] = [];
    const ids: string[] = [];
    for (const otp_length of [6, 8]) {
      const config = { otp_length };
      const { token, id, codes } = await opened(service, api, ALL, { config });
      ids.push(id);
      used.push(...Object.values(codes), otherThan(codes.email));
      await api.verify({ token, otps: { email: otherThan(codes.email) } });
      await api.verify({ token, otps: { email: codes.email } });
      service.clock.advance(30_000);
      await api.resend({ token });
      const renewed = await codesOf(service, id, 5);
      used.push(renewed.sms, renewed.whatsapp);
      await api.verify({ token, otps: { sms: renewed.sms } });
      // Not as the code of that channel, or as no code at all.
      await api.verify({ token, otps: { whatsapp: renewed.sms } });
      await api.verify({ token, otps: { whatsapp: Number(renewed.sms) } });
      await api.verify({ token, otps: renewed.sms });
      await rest.post(`/api/v1/otp/verify?code=${renewed.sms}`, { token: renewed.whatsapp, otps: {} });
      const sandbox = await api.send({ recipients: { email: fresh.email() }, config, sandbox_mode: true });
      used.push(sandbox.body.sandbox_otps.email);
      await api.verify({ token: sandbox.body.session_token, otps: sandbox.body.sandbox_otps });
    }
    const metrics = await (await fetch(`${service.baseUrl}/metrics`)).text();
    const places = { log: service.logged(), metrics, ...(await filesOf(service.dataDir)) };
    // A search that finds what is there is one that can be believed.
    for (const id of ids) expect(holders(places, id)).toEqual(expect.arrayContaining(['log']));
    expect(holders(places, ids[0]!).length).toBeGreaterThan(1);
    expect(used).toHaveLength(14);
    for (const code of used) expect({ code, in: holders(places, code) }).toEqual({ code, in: [] });
  });
});

/** The contents of every file in a folder, byte for byte. */
async function filesOf(folder: string): Promise<Record<string, string>> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile());
  return Object.fromEntries(
    await Promise.all(
      files.map(async ({ parentPath, name }) => [name, await readFile(join(parentPath, name), 'latin1')]),
    ),
  );
}

/** The places that hold a word, not as a part of a longer run of letters and digits. */
const holders = (places: Record<string, string>, word: string): string[] =>
  Object.entries(places)
    .filter(([, text]) => new RegExp(`(?<![0-9A-Za-z])${word}(?![0-9A-Za-z])`).test(text))
    .map(([name]) => name);

describe('sessions', () => {
  let service: TestService;
  beforeAll(async () => {
    service = await startService();
  });
  afterAll(() => service.stop());
  const apiOf = async (workspace: string) =>
    multichannelApi(service.baseUrl, await newKey(service, workspace));

  it('B24, P16 expire by themselves, and are gone after the retention time', async () => {
    const api = await apiOf('expiring');
    const { id } = await opened(service, api);
    const listed = async () =>
      (await api.sessions()).body.sessions.map((one: { session_id: string; status: string }) => [
        one.session_id,
        one.status,
      ]);
    service.clock.advance(599_999);
    expect(await listed()).toEqual([[id, 'PENDING']]);
    service.clock.advance(1);
    expect(await listed()).toEqual([[id, 'EXPIRED']]);
    // What the sweep goes by: only then is it gone, however often it runs before.
    const [stored] = await service.documents
      .collection<StoredSession>('sessions')
      .find({ partition: 'expiring.live' })
      .toArray();
    expect(stored!.purgeAt.getTime() - stored!.expiresAt.getTime()).toBe(30 * DAY);
    service.clock.advance(30 * DAY - 1);
    expect(await listed()).toEqual([[id, 'EXPIRED']]);
    await eventually(async () => {
      service.clock.advance(60_000);
      return (await listed()).length === 0;
    });
    expect((await api.session(id)).status).toBe(404);
  });

  describe('B31 listing', () => {
    let api: MultichannelApi;
    /** One session of each status, oldest first, a minute apart. */
    const all: { status: string; id: string; at: number }[] = [];
    const secrets: string[] = [];

    beforeAll(async () => {
      api = await apiOf('listing');
      const make = async (status: string, channels: Parameters<typeof opened>[2], more: object = {}) => {
        const at = service.clock.now();
        const session = await opened(service, api, channels, more);
        secrets.push(...Object.values(session.codes), ...Object.values(session.recipients));
        all.push({ status, id: session.id, at });
        service.clock.advance(60_000);
        return session;
      };
      const code = ({ token, codes }: Awaited<ReturnType<typeof make>>, channel: 'email' | 'sms') =>
        api.verify({ token, otps: { [channel]: codes[channel] } });
      await make('EXPIRED', ['email'], { config: { expiry_minutes: 1 } });
      await make('EXPIRED', ['whatsapp'], { config: { expiry_minutes: 2 } });
      await code(await make('PARTIAL', ['email', 'sms']), 'email');
      await code(await make('APPROVED', ['sms']), 'sms');
      const locked = await make('LOCKED', ['sms'], { config: { max_attempts: 1 } });
      await api.verify({ token: locked.token, otps: { sms: otherThan(locked.codes.sms) } });
      const canceled = await make('CANCELED', ['email']);
      const connect = connectJson(service.baseUrl, service.liveKey);
      const own = connectJson(service.baseUrl, await newKey(service, 'listing'));
      expect((await connect('otp.v1.OtpService/CancelSession', { sessionId: canceled.id })).status).toBe(404);
      expect((await own('otp.v1.OtpService/CancelSession', { sessionId: canceled.id })).status).toBe(200);
      await make('PENDING', ALL, { metadata: { purpose: 'login', user_id: 'user_1', level: 3 } });
    });

    const ids = async (query: Record<string, string> = {}): Promise<string[]> => {
      const { status, body } = await api.sessions(query);
      expect(status).toBe(200);
      return body.sessions.map((session: { session_id: string }) => session.session_id);
    };
    const expected = (wanted: (one: (typeof all)[0], index: number) => boolean) =>
      all
        .filter(wanted)
        .map(({ id }) => id)
        .reverse();

    it('B31 shows all, newest first, without codes or full addresses', async () => {
      const { text, body } = await api.sessions();
      expect(await ids()).toEqual(expected(() => true));
      expect(body.sessions.map(({ status }: { status: string }) => status)).toEqual(
        all.map(({ status }) => status).reverse(),
      );
      for (const secret of secrets) expect(text).not.toContain(secret);
      expect(body.sessions[0].channels.sms.recipient).toMatch(/^\+57 3\d\d \*\*\* \*\* \d\d$/);
    });

    it('B31 shows them by pages', async () => {
      const seen: string[][] = [];
      let page_token = '';
      do {
        const { body } = await api.sessions({ page_size: '3', ...(page_token && { page_token }) });
        seen.push(body.sessions.map((one: { session_id: string }) => one.session_id));
        page_token = body.next_page_token;
      } while (page_token);
      expect(seen.map((page) => page.length)).toEqual([3, 3, 1]);
      expect(seen.flat()).toEqual(expected(() => true));
    });

    it.each(['PENDING', 'PARTIAL', 'APPROVED', 'CANCELED', 'EXPIRED', 'LOCKED'])(
      'B31 filters by status %s',
      async (status) => {
        expect(await ids({ status })).toEqual(expected((one) => one.status === status));
      },
    );

    it.each([
      ['email', [0, 2, 5, 6]],
      ['sms', [2, 3, 4, 6]],
      ['whatsapp', [1, 6]],
    ])('B31 filters by channel %s', async (channel, wanted) => {
      expect(await ids({ channel })).toEqual(expected((_, index) => wanted.includes(index)));
    });

    it('B31 filters by time, from the first moment and before the second', async () => {
      const time = (index: number, more = 0) => new Date(all[index]!.at + more).toISOString();
      expect(await ids({ created_after: time(4) })).toEqual(expected((_, index) => index >= 4));
      expect(await ids({ created_after: time(4, 1) })).toEqual(expected((_, index) => index >= 5));
      expect(await ids({ created_before: time(4) })).toEqual(expected((_, index) => index < 4));
      expect(await ids({ created_before: time(4, 1) })).toEqual(expected((_, index) => index <= 4));
      const between = { created_after: time(1), created_before: time(3) };
      expect(await ids(between)).toEqual(expected((_, index) => index === 1 || index === 2));
    });

    it('B31 filters by what the send request said', async () => {
      const last = expected((_, index) => index === 6);
      expect(await ids({ purpose: 'login' })).toEqual(last);
      expect(await ids({ 'metadata[user_id]': 'user_1' })).toEqual(last);
      expect(await ids({ 'metadata[level]': '3' })).toEqual(last);
      expect(await ids({ 'metadata[user_id]': 'user_2' })).toEqual([]);
      expect(await ids({ recipient: secrets[1]! })).toEqual(expected((_, index) => index === 0));
    });

    it('B31 applies two filters at once', async () => {
      expect(await ids({ status: 'EXPIRED', channel: 'whatsapp' })).toEqual(expected((_, i) => i === 1));
      expect(await ids({ status: 'LOCKED', channel: 'whatsapp' })).toEqual([]);
      const created_after = new Date(all[3]!.at).toISOString();
      expect(await ids({ channel: 'sms', created_after })).toEqual(expected((_, i) => [3, 4, 6].includes(i)));
    });

    it.each([
      ['status', 'NONE'],
      ['channel', 'fax'],
      ['sandbox', 'yes'],
      ['created_after', 'yesterday'],
      ['page_size', '101'],
      ['page_size', '-1'],
      ['page_token', 'made-up'],
    ])('B31 refuses the filter %s=%s', async (name, value) => {
      const { status, body } = await api.sessions({ [name]: value });
      expect({ status, field: body.details.field }).toEqual({ status: 400, field: name });
    });
  });

  it('B31 lists what a resend did to a session as one session', async () => {
    const api = await apiOf('resending');
    const { token, id } = await opened(service, api);
    service.clock.advance(30_000);
    expect((await api.resend({ token })).status).toBe(200);
    await messagesOf(service, id, 2);
    expect((await api.sessions()).body.sessions).toHaveLength(1);
  });
});
