import { expect } from 'vitest';
import { connectJson } from './connectJson.js';
import type { TestService } from './service.js';

type Calls = ReturnType<typeof connectJson>;

/** Calls with a new key of that workspace, which is made first where it does not exist. */
export async function keyOf(
  service: TestService,
  workspace: string,
  scopes: readonly string[] = ['admin', 'otp.send', 'otp.verify', 'sessions.read', 'tokens.redeem'],
  mode: 'MODE_LIVE' | 'MODE_TEST' = 'MODE_LIVE',
): Promise<Calls> {
  const operator = connectJson(service.baseUrl, service.liveKey);
  await operator('otp.admin.v1.WorkspaceService/CreateWorkspace', { workspace: { name: workspace } });
  const apiKey = { displayName: `key of ${workspace}`, scopes, mode };
  const made = await operator('otp.admin.v1.ApiKeyService/CreateApiKey', { workspace, apiKey });
  expect(made.status).toBe(200);
  return connectJson(service.baseUrl, made.body.secret);
}
