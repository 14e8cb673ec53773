import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { connectJson } from '../support/connectJson.js';
import { eachEngine } from '../support/engines.js';
import { ManualClock } from '../support/manualClock.js';
import { apiKey, bearer, type Rest, restClient } from '../support/rest.js';
import { startService, type TestService } from '../support/service.js';
import { newKey } from '../support/tenant.js';
import { messagingApi, PRINTED, requested, shown, verify } from './support/messagingApi.js';

/** The status of a session in the list that a key of its workspace, or of another, gets. */
async function listed(service: TestService, key: string, sessionId: string): Promise<string | undefined> {
  const { body } = await restClient(service.baseUrl, apiKey(key)).get('/api/v1/otp/sessions?page_size=100');
  return body.sessions.find((one: { session_id: string }) => one.session_id === sessionId)?.status;
}

eachEngine((engine) => {
  let service: TestService;
  let api: Rest;
  beforeAll(async () => {
    const clock = new ManualClock();
    service = await startService({ clock, documents: await engine.open({ clock }) });
    api = await messagingApi(service);
  });
  afterAll(() => service.stop());

  it('C11 a session is used once, and its success is recorded', async () => {
    const { sessionId, code } = await requested(service, api);
    expect(await listed(service, service.liveKey, sessionId)).toBe('PENDING');
    expect((await verify(api, sessionId, code)).status).toBe(200);
    expect(await listed(service, service.liveKey, sessionId)).toBe('APPROVED');
    expect((await verify(api, sessionId, code)).status).toBe(409);
  });

  it('C11 of twenty right codes at once exactly one is accepted', async () => {
    const { sessionId, code } = await requested(service, api);
    const responses = await Promise.all(Array.from({ length: 20 }, () => verify(api, sessionId, code)));
    const approved = responses.filter(({ status }) => status === 200);
    expect(approved.map(shown)).toEqual([PRINTED.APPROVED(sessionId)]);
    for (const response of responses.filter((one) => one !== approved[0])) {
      expect([PRINTED.ALREADY_USED(sessionId), PRINTED.MAX_ATTEMPTS_REACHED(sessionId)]).toContainEqual(
        shown(response),
      );
    }
    expect(await listed(service, service.liveKey, sessionId)).toBe('APPROVED');
    expect(shown(await verify(api, sessionId, code))).toEqual(PRINTED.ALREADY_USED(sessionId));
  });
});

describe('workspaces and keys', () => {
  let service: TestService;
  beforeAll(async () => {
    service = await startService();
  });
  afterAll(() => service.stop());

  it('C13 a workspace verifies its own sessions with any of its keys', async () => {
    const first = await messagingApi(service, 'acme');
    const second = await messagingApi(service, 'acme');
    const { sessionId, code } = await requested(service, first);
    expect(shown(await verify(second, sessionId, code))).toEqual(PRINTED.APPROVED(sessionId));
  });

  it('C14 sessions of another workspace are as unknown ones, and nothing is lost by asking', async () => {
    const [own, other] = [await newKey(service, 'own'), await newKey(service, 'other')];
    const api = restClient(service.baseUrl, bearer(own));
    const stranger = restClient(service.baseUrl, bearer(other));
    const { sessionId, code } = await requested(service, api);
    for (let n = 0; n < 6; n++) {
      expect(shown(await verify(stranger, sessionId, code))).toEqual(PRINTED.NOT_FOUND(sessionId));
    }
    expect(await listed(service, other, sessionId)).toBeUndefined();
    expect(await listed(service, own, sessionId)).toBe('PENDING');
    const { body } = await restClient(service.baseUrl, apiKey(own)).get(`/api/v1/otp/sessions/${sessionId}`);
    expect(body.attempts_remaining).toBe(5);
    expect(shown(await verify(api, sessionId, code))).toEqual(PRINTED.APPROVED(sessionId));
    expect(shown(await verify(stranger, sessionId, code))).toEqual(PRINTED.NOT_FOUND(sessionId));
  });

  it('C15 an API key is shown once and kept as a hash only', async () => {
    const operator = connectJson(service.baseUrl, service.liveKey);
    const made = await operator('otp.admin.v1.ApiKeyService/CreateApiKey', {
      apiKey: { displayName: 'shown once', scopes: ['otp.send', 'otp.verify'] },
    });
    const { secret, apiKey: key } = made.body;
    const api = restClient(service.baseUrl, bearer(secret));
    const { sessionId, code } = await requested(service, api);
    expect((await verify(api, sessionId, code)).status).toBe(200);

    const read = await operator('otp.admin.v1.ApiKeyService/GetApiKey', { id: key.id });
    const list = await operator('otp.admin.v1.ApiKeyService/ListApiKeys', { pageSize: 100 });
    const audit = await operator('otp.admin.v1.AuditService/ListAuditEntries', { pageSize: 100 });
    const responses = JSON.stringify([read.body, list.body, audit.body, api.responses]);
    const stored = filesIn(service.dataDir).map((file) => readFileSync(file, 'latin1'));
    expect(stored.join('')).toContain(key.id);
    const hash = createHash('sha256').update(secret).digest();
    expect(
      ['hex', 'base64', 'base64url'].some((way) => stored.join('').includes(hash.toString(way as 'hex'))),
    ).toBe(true);
    // What makes a key secret is the part behind its prefix.
    const random = secret.slice('sk_otp_live_'.length);
    for (const place of [responses, service.logged(), ...stored]) {
      expect(place.includes(random)).toBe(false);
    }
  });
});

const filesIn = (folder: string): string[] =>
  readdirSync(folder, { withFileTypes: true }).flatMap((entry) =>
    entry.isDirectory() ? filesIn(join(folder, entry.name)) : [join(folder, entry.name)],
  );
