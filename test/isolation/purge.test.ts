import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { COLLECTIONS } from '../../server/store/collections.js';
import { connectJson } from '../support/connectJson.js';
import { eventually } from '../support/eventually.js';
import { startService, type TestService } from '../support/service.js';
import { filled, type Owned, tenantOf } from './support/neighbours.js';

const SERVICE = 'otp.admin.v1.WorkspaceService';
const DAY = 24 * 60 * 60_000;

let service: TestService;
let operator: ReturnType<typeof connectJson>;
let gone: Owned;
let kept: Owned;
beforeAll(async () => {
  service = await startService();
  operator = connectJson(service.baseUrl, service.liveKey);
  gone = await filled(service, await tenantOf(service, 'gone'), 'gone');
  kept = await filled(service, await tenantOf(service, 'kept'), 'kept');
});
afterAll(() => service.stop());

const purge = (workspace = 'gone') => operator(`${SERVICE}/PurgeWorkspace`, { workspace });
const jobOf = async (id: string) =>
  (await operator('otp.admin.v1.JobService/GetJob', { workspace: 'gone', id })).body.job;

/** How many documents of each collection name the workspace. */
async function documentsOf(workspace: string): Promise<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const { name } of COLLECTIONS) {
    for await (const document of service.documents.collection(name).find({}))
      if (new RegExp(`\\b${workspace}\\b`).test(JSON.stringify(document)))
        counts[name] = (counts[name] ?? 0) + 1;
  }
  return counts;
}

describe('purging a workspace', () => {
  it('is scheduled for seven days later, and deletes it at once', async () => {
    const first = await purge();
    expect(first.status, JSON.stringify(first.body)).toBe(200);
    const { job, workspace } = first.body;
    expect(job).toMatchObject({
      type: 'JOB_TYPE_PURGE_WORKSPACE',
      state: 'JOB_STATE_SCHEDULED',
      workspace: 'gone',
      resource: 'workspaces/gone',
      cancelable: true,
    });
    const startsAt = Date.parse(job.startsAt);
    expect(startsAt - service.clock.now()).toBe(7 * DAY);
    expect(workspace).toMatchObject({ deletedAt: expect.any(String), purgeAt: job.startsAt });
    const again = await purge();
    expect(again.body.job).toEqual(job);
  });

  it('can be cancelled, and then asked for again', async () => {
    const { job } = (await purge()).body;
    const canceled = await operator('otp.admin.v1.JobService/CancelJob', { workspace: 'gone', id: job.id });
    expect(canceled.body.job.state).toBe('JOB_STATE_CANCELED');
    const second = (await purge()).body.job;
    expect(second.id).not.toBe(job.id);
    const { body } = await operator(`${SERVICE}/UndeleteWorkspace`, { workspace: 'gone' });
    expect(body.workspace.purgeAt).toBeUndefined();
    expect((await jobOf(second.id)).state).toBe('JOB_STATE_CANCELED');
  });

  it('is not possible for the workspace of the operators, nor for one that does not exist', async () => {
    expect((await purge('default')).reason).toBe('INVALID_REQUEST');
    expect((await purge('nowhere')).reason).toBe('NOT_FOUND');
  });

  it('removes everything of it and nothing of another, but its name, its audit log and its jobs', async () => {
    const before = await documentsOf('kept');
    const held = await documentsOf('gone');
    // What is not there cannot be seen to go.
    expect(Object.keys(held)).toEqual(
      expect.arrayContaining(['sessions', 'keys', 'contacts', 'guards', 'templates', 'webhookDeliveries']),
    );
    const { job } = (await purge()).body;
    service.clock.advance(7 * DAY + 1_000);
    const done = await eventually(async () => {
      const { state, ...rest } = await jobOf(job.id);
      service.clock.advance(1_000);
      return state === 'JOB_STATE_SUCCEEDED' && rest;
    });
    expect(Number(done.done)).toBeGreaterThan(10);
    expect(Number(done.counts.sessions)).toBe(held.sessions);
    const left = await documentsOf('gone');
    expect(Object.keys(left).sort()).toEqual(['audit', 'jobs', 'workspaces']);
    for (const address of [gone.email, gone.contactId, gone.beneficiaryId])
      expect(JSON.stringify(await everything())).not.toContain(address);
    expect(await withoutExpired(before, await documentsOf('kept'))).toEqual([]);
    expect(JSON.stringify(await everything())).toContain(kept.contactId);
  });

  it('is for good', async () => {
    const { body } = await operator(`${SERVICE}/GetWorkspace`, { workspace: 'gone' });
    expect(body.workspace).toMatchObject({ name: 'gone', purgedAt: expect.any(String) });
    expect(body.workspace.embedOrigins, 'no setting is left').toBeUndefined();
    expect((await purge()).reason).toBe('NOT_FOUND');
    expect((await operator(`${SERVICE}/UndeleteWorkspace`, { workspace: 'gone' })).reason).toBe('NOT_FOUND');
    const made = await operator(`${SERVICE}/CreateWorkspace`, { workspace: { name: 'gone' } });
    expect(made.reason).toBe('ALREADY_EXISTS');
    const log = await operator('otp.admin.v1.AuditService/VerifyAuditLog', { workspace: 'gone' });
    expect(log.body.whole).toBe(true);
    expect(Number(log.body.checked)).toBeGreaterThan(5);
  });
});

async function everything(): Promise<unknown[]> {
  const kinds = COLLECTIONS.filter(({ name }) => name !== 'audit');
  return Promise.all(kinds.map(({ name }) => service.documents.collection(name).find({}).toArray()));
}

/** Collections of the neighbour that lost documents, but for those whose time ends by itself. */
async function withoutExpired(
  before: Record<string, number>,
  after: Record<string, number>,
): Promise<string[]> {
  const lasting = new Set(COLLECTIONS.filter(({ ttl }) => !ttl).map(({ name }) => name));
  return Object.keys(before).filter((name) => lasting.has(name) && after[name] !== before[name]);
}
