import { expect } from 'vitest';
import { connectJson } from './connectJson.js';
import type { TestService } from './service.js';

type Calls = ReturnType<typeof connectJson>;
type Mode = 'MODE_LIVE' | 'MODE_TEST';

const SCOPES = ['admin', 'otp.send', 'otp.verify', 'sessions.read', 'tokens.redeem'];

/** A new key of that workspace, which is made first where it does not exist. */
export async function newKey(
  service: Pick<TestService, 'baseUrl' | 'liveKey'>,
  workspace: string,
  scopes: readonly string[] = SCOPES,
  mode: Mode = 'MODE_LIVE',
): Promise<string> {
  const operator = connectJson(service.baseUrl, service.liveKey);
  await operator('otp.admin.v1.WorkspaceService/CreateWorkspace', { workspace: { name: workspace } });
  const apiKey = { displayName: `key of ${workspace}`, scopes, mode };
  const made = await operator('otp.admin.v1.ApiKeyService/CreateApiKey', { workspace, apiKey });
  expect(made.status).toBe(200);
  return made.body.secret;
}

/** Calls with a new key of that workspace. */
export async function keyOf(
  service: Pick<TestService, 'baseUrl' | 'liveKey'>,
  workspace: string,
  scopes?: readonly string[],
  mode?: Mode,
): Promise<Calls> {
  return connectJson(service.baseUrl, await newKey(service, workspace, scopes, mode));
}
