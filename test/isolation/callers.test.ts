import { type DescMethod, getOption } from '@bufbuild/protobuf';
import { MethodOptions_IdempotencyLevel } from '@bufbuild/protobuf/wkt';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { access } from '../../gen/otp/v1/access_pb.js';
import { SCOPES } from '../../server/domain/principal.js';
import { startService, type TestService } from '../support/service.js';
import { contractServices } from '../support/services.js';
import { newKey } from '../support/tenant.js';
import { asking } from './support/asking.js';
import { filled, type Owned, type Tenant, tenantOf } from './support/neighbours.js';
import { ROWS } from './support/rows.js';

const METHODS = (await contractServices()).flatMap(({ methods }) => methods);
const pathOf = ({ parent, name }: DescMethod) => `${parent.typeName}/${name}`;
const named = (methods: readonly DescMethod[]) => methods.map((method) => [pathOf(method), method] as const);

let service: TestService;
let owner: Tenant;
let owned: Owned;
/** Keys of the owner's workspace with one scope each. */
const keys = new Map<string, string>();
let readOnly: string;

beforeAll(async () => {
  service = await startService();
  owner = await tenantOf(service, 'owner');
  owned = await filled(service, owner, 'owner');
  for (const scope of SCOPES) {
    if (scope !== 'operator') keys.set(scope, await newKey(service, 'owner', [scope]));
  }
  const scopes = ['otp.send', 'otp.verify', 'sessions.read', 'tokens.redeem', 'admin'];
  const { body } = await owner.call('otp.admin.v1.ApiKeyService/CreateApiKey', {
    apiKey: { displayName: 'auditor', scopes, readOnly: true },
  });
  readOnly = body.secret;
});
afterAll(() => service.stop());

const ask = (credential: string, method: DescMethod) =>
  asking(service.baseUrl, credential)(method, ROWS[pathOf(method)]!.request(owned));

describe.each(named(METHODS))('%s', (_path, method) => {
  const { anyScope, sessionToken, inboxToken } = getOption(method, access);

  it('refuses a caller without a credential', async () => {
    expect((await ask('', method)).reason).toBe('UNAUTHENTICATED');
  });

  it.skipIf(anyScope.length === 0)('refuses a key that holds every scope but those named', async () => {
    const others = [...keys].filter(([scope]) => !anyScope.includes(scope));
    for (const [scope, key] of others) {
      const { reason } = await ask(key, method);
      expect(reason, scope).toBe('PERMISSION_DENIED');
    }
  });

  it.runIf(inboxToken && anyScope.length === 0)('refuses every key', async () => {
    for (const [scope, key] of [...keys, ['operator', service.liveKey] as const]) {
      expect((await ask(key, method)).reason, scope).toBe('PERMISSION_DENIED');
    }
  });

  it.skipIf(inboxToken)('refuses the inbox token', async () => {
    expect((await ask(service.inboxToken, method)).reason).toBe('PERMISSION_DENIED');
  });

  it.skipIf(sessionToken)('refuses a session token', async () => {
    expect((await ask(owned.sessionToken, method)).reason).toBe('PERMISSION_DENIED');
  });

  it.skipIf(method.idempotency === MethodOptions_IdempotencyLevel.NO_SIDE_EFFECTS)(
    'refuses a read-only key, because it changes something',
    async () => {
      expect((await ask(readOnly, method)).reason).toBe('PERMISSION_DENIED');
    },
  );
});
