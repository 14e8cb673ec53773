import { type DescMethod, getOption } from '@bufbuild/protobuf';
import { beforeAll, describe, expect, it } from 'vitest';
import { access } from '../../gen/otp/v1/access_pb.js';
import { serviceForSuite } from '../support/serviceForSuite.js';
import { contractServices } from '../support/services.js';
import { asking, type RpcResponse } from './support/asking.js';
import { filled, nonexistent, type Owned, type Tenant, tenantOf } from './support/neighbours.js';
import { ROWS } from './support/rows.js';

const METHODS = (await contractServices()).flatMap(({ methods }) => methods);
const pathOf = ({ parent, name }: DescMethod) => `${parent.typeName}/${name}`;
const rowOf = (method: DescMethod) => ROWS[pathOf(method)]!;
const named = (methods: readonly DescMethod[]) => methods.map((method) => [pathOf(method), method] as const);
const rowsWith = (...kinds: string[]) =>
  named(METHODS.filter((method) => kinds.includes(ROWS[pathOf(method)]?.outcome ?? '')));

const service = serviceForSuite();
let owner: Tenant;
let stranger: Tenant;
let owned: Owned;
/** Everything the owner sees of what it has. */
let before: unknown;

beforeAll(async () => {
  owner = await tenantOf(service, 'owner');
  stranger = await tenantOf(service, 'stranger');
  owned = await filled(service, owner, 'owner');
  // The first reading is recorded in the audit log, a repeated one is not.
  await everythingOf(owner);
  before = await everythingOf(owner);
});

let onlookers = 0;
/** A workspace that has nothing and has done nothing. */
const onlooker = (): Promise<Tenant> => tenantOf(service, `onlooker-${++onlookers}`);

const ask = ({ key }: Tenant, method: DescMethod, request: object) =>
  asking(service.baseUrl, key)(method, request);

// Which workspaces there are is for operators, and messages are for the holder of the inbox token.
const LISTS = METHODS.filter(({ name }) => /^List(?!Workspaces|InboxMessages)/.test(name));
/** What a list needs to know before it lists. */
const scopeOf = ({ name }: DescMethod) => {
  if (name === 'ListSessionEvents') return { sessionId: owned.sessionId };
  if (name === 'ListWebhookDeliveries') return { id: owned.endpointId };
  return name === 'ListBeneficiaries' ? { sponsorSlug: owned.sponsorSlug } : {};
};

async function everythingOf(tenant: Tenant): Promise<unknown> {
  const seen: Record<string, unknown> = {};
  for (const method of LISTS) {
    const { status, body } = await ask(tenant, method, {
      ...(method.input.field.pageSize && { pageSize: 100 }),
      ...scopeOf(method),
    });
    expect(status, pathOf(method)).toBe(200);
    seen[pathOf(method)] = JSON.parse(JSON.stringify(body), (name, value) =>
      name === 'lastUsedAt' ? undefined : value,
    );
  }
  return seen;
}

/** Nothing by which the owner's things could be known. */
function expectNothingOwned(response: RpcResponse): void {
  const said = JSON.stringify(response);
  for (const [name, value] of Object.entries(owned)) {
    // A code is no name: six digits may stand anywhere.
    if (name !== 'code') expect(said).not.toContain(value);
  }
}

/** A response may repeat the caller's own words, such as a slug, and the keyed hash of a recipient that it named. */
function withoutNames(response: RpcResponse, names: Owned): unknown {
  let text = JSON.stringify(response).replaceAll(/"fingerprint":"[\w-]{43}"/g, '"fingerprint":"recipient"');
  for (const [name, value] of Object.entries(names)) text = text.replaceAll(value, name);
  return JSON.parse(text);
}

it('there is a row for every method of every service, and none besides', () => {
  expect(Object.keys(ROWS).sort()).toEqual(METHODS.map(pathOf).sort());
});

describe.each(rowsWith('not found', 'as unknown'))('%s', (_path, method) => {
  it('responds to the id of another workspace as to one that does not exist', async () => {
    const { request, outcome: kind } = rowOf(method);
    const asked = await ask(stranger, method, request(owned));
    const expected = await ask(stranger, method, request(nonexistent(owned)));
    if (kind === 'not found') {
      expect(asked.status).toBe(404);
      expect(asked.reason).toMatch(/NOT_FOUND$/);
    }
    expect(withoutNames(asked, owned)).toEqual(withoutNames(expected, nonexistent(owned)));
  });
});

describe.each(rowsWith('its own'))('%s', (_path, method) => {
  it('shows and changes nothing of another workspace', async () => {
    const tenant = await onlooker();
    const request = rowOf(method).request(owned);
    const response = await ask(tenant, method, request);
    expect(response.status, JSON.stringify(response.body)).toBe(200);
    // What the caller itself just named comes back.
    if (!method.name.startsWith('Create')) expectNothingOwned(response);
  });
});

describe.each(rowsWith('denied'))('%s', (_path, method) => {
  it('is for others', async () => {
    const response = await ask(stranger, method, rowOf(method).request(owned));
    // Of a stream, whose status is always 200, the helper makes 400.
    const status = method.methodKind === 'unary' ? 403 : 400;
    expect({ status: response.status, reason: response.reason }).toEqual({
      status,
      reason: 'PERMISSION_DENIED',
    });
    expectNothingOwned(response);
  });
});

describe.each(named(METHODS.filter(({ input }) => input.field.workspace)))('%s', (_path, method) => {
  it('is denied to who names another workspace, whether or not there is one', async () => {
    const isMessage = method.input.field.workspace?.message !== undefined;
    const asWorkspace = (name: string) => ({
      ...rowOf(method).request(owned),
      workspace: isMessage ? { name, brand: 'Mine' } : name,
    });
    const existing = await ask(stranger, method, asWorkspace('owner'));
    expect(existing.reason).toBe('PERMISSION_DENIED');
    expect(existing).toEqual(await ask(stranger, method, asWorkspace('unknown')));
  });
});

describe.each(named(LISTS.filter(({ input }) => input.field.pageToken)))('%s', (_path, method) => {
  it('leads nowhere with a page token of another workspace', async () => {
    const { body } = await ask(owner, method, { pageSize: 1, ...scopeOf(method) });
    // The ledger is empty where the wallet is off.
    if (method.name !== 'ListLedgerEntries') expect(body.nextPageToken, JSON.stringify(body)).toBeTruthy();
    const response = await ask(await onlooker(), method, {
      pageToken: body.nextPageToken ?? Buffer.from('owner/').toString('base64url'),
      ...scopeOf(method),
    });
    expect([200, 400, 404]).toContain(response.status);
    expectNothingOwned(response);
  });
});

// A verification page is named by its reference alone: test/wire/verificationPage.test.ts.
const OF_SESSIONS = METHODS.filter(
  (method) => getOption(method, access).sessionToken && method.input.field.sessionId,
);

describe.each(named(OF_SESSIONS))('%s', (_path, method) => {
  it('opens no session but its own with a session token', async () => {
    const recipients = { email: `${method.name}@example.com` };
    const { body } = await stranger.call('otp.v1.OtpService/Send', { recipients });
    const page = asking(service.baseUrl, body.sessionToken);
    const about = (sessionId: string) => ({ ...rowOf(method).request(owned), sessionId });
    const response = await page(method, about(owned.sessionId));
    expect(response.reason).toBe('SESSION_NOT_FOUND');
    expect(response).toEqual(await page(method, about(nonexistent(owned).sessionId)));
    const own = await page(method, { ...about(body.session.id), code: 'wrong' });
    expect(own.reason).not.toBe('SESSION_NOT_FOUND');
  });
});

describe('after all that', () => {
  it('the owner has everything as it was, no attempt lost, and its code verifies', async () => {
    expect(await everythingOf(owner)).toEqual(before);
    const { sessionId, code, verificationToken } = owned;
    const { body } = await owner.call('otp.v1.OtpService/GetSession', { sessionId });
    expect(body.session).toMatchObject({ attemptsRemaining: 3, status: 'SESSION_STATUS_PENDING' });
    expect((await owner.call('otp.v1.OtpService/Verify', { sessionId, code })).status).toBe(200);
    const redeem = { verificationToken, operation: { type: 'payment', id: '1' } };
    expect((await owner.call('otp.v1.VerificationTokenService/Redeem', redeem)).status).toBe(200);
  });
});
