import { createHash } from 'node:crypto';
import { beforeAll, describe, expect, it } from 'vitest';
import { screensForSuite } from '../browser/support/screensForSuite.js';
import { connectJson, type JsonResponse } from '../support/connectJson.js';
import { serviceForSuite } from '../support/serviceForSuite.js';
import { newKey } from '../support/tenant.js';

const SERVICE = 'otp.admin.v1.WorkspaceService';
const PNG = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
  'base64',
);
const WEBP = Buffer.from('UklGRhoAAABXRUJQVlA4TA0AAAAvAAAAEAcQERGIiP4HAA==', 'base64');

/** The picture with a chunk of text in it, so that it has this many bytes. */
function ofSize(bytes: number): Buffer {
  const text = Buffer.alloc(bytes - PNG.length - 12, 'x');
  const length = Buffer.alloc(4);
  length.writeUInt32BE(text.length);
  const at = PNG.length - 12;
  return Buffer.concat([
    PNG.subarray(0, at),
    length,
    Buffer.from('tEXt'),
    text,
    Buffer.alloc(4),
    PNG.subarray(at),
  ]);
}

/** The picture, saying that it has this many pixels a side. */
function ofPixels(width: number): Buffer {
  const wide = Buffer.from(PNG);
  wide.writeUInt32BE(width, 16);
  return wide;
}

const hashOf = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex');

describe('the logo of a workspace', () => {
  const screens = screensForSuite();
  const service = serviceForSuite(async () => ({ overrides: { screens: await screens.folder() } }));
  let call: (method: string, message: object) => Promise<JsonResponse>;
  beforeAll(() => {
    call = connectJson(service.baseUrl, service.liveKey);
  });
  const update = (logo: Buffer | undefined, more: object = {}) =>
    call(`${SERVICE}/UpdateWorkspace`, {
      workspace: { ...(logo && { logo: logo.toString('base64') }), ...more },
      updateMask: 'logo',
    });
  const load = (hash: string) => fetch(`${service.baseUrl}/logos/${hash}`);

  it.each([
    ['PNG', PNG, 'image/png'],
    ['WebP', WEBP, 'image/webp'],
    ['PNG of exactly 32 KiB', ofSize(32_768), 'image/png'],
    ['PNG of 1,024 pixels', ofPixels(1_024), 'image/png'],
  ])('is a %s, served by its hash as what it is, for ever', async (_, logo, type) => {
    const { status, body } = await update(logo);
    expect(status, JSON.stringify(body)).toBe(200);
    expect(body.workspace).toMatchObject({ logoHash: hashOf(logo) });
    expect(body.workspace.logo).toBeUndefined();
    const response = await load(hashOf(logo));
    expect(Buffer.from(await response.arrayBuffer()).equals(logo)).toBe(true);
    expect(Object.fromEntries(response.headers)).toMatchObject({
      'content-type': type,
      'x-content-type-options': 'nosniff',
      'cache-control': 'public, max-age=31536000, immutable',
      'content-security-policy': "default-src 'none'; sandbox",
    });
  });

  it.each([
    ['one byte over 32 KiB', ofSize(32_769), 'must have at most 32768 bytes'],
    ['more than 1,024 pixels a side', ofPixels(1_025), 'must have at most 1024 pixels a side'],
    ['no pixels', ofPixels(0), 'must have at most 1024 pixels a side'],
    ['SVG', Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"><script/></svg>'), 'must be a PNG or WebP'],
    ['HTML behind a PNG', Buffer.concat([PNG, Buffer.from('<script>')]), 'must be a PNG or WebP image'],
    ['HTML behind a WebP', Buffer.concat([WEBP, Buffer.from('<script>')]), 'must be a PNG or WebP image'],
    ['the signature alone', PNG.subarray(0, 16), 'must be a PNG or WebP image'],
    ['GIF', Buffer.from('GIF89a'.padEnd(64, '\0')), 'must be a PNG or WebP image'],
  ])('is not %s', async (_, logo, problem) => {
    const { status, body, fields } = await update(logo);
    expect(status).toBe(400);
    expect(fields).toEqual(['workspace.logo']);
    expect(body.message).toContain(problem);
  });

  it('is shown by GetWorkspace and by no list, kept where other fields change, and removed', async () => {
    await update(PNG);
    await call(`${SERVICE}/UpdateWorkspace`, { workspace: { brand: 'Acme Bank' }, updateMask: 'brand' });
    const { body } = await call(`${SERVICE}/GetWorkspace`, {});
    expect(body.workspace).toMatchObject({ brand: 'Acme Bank', logo: PNG.toString('base64') });
    const list = await call(`${SERVICE}/ListWorkspaces`, {});
    expect(JSON.stringify(list.body)).not.toContain(PNG.toString('base64'));
    expect((await update(undefined)).body.workspace.logoHash).toBeUndefined();
    expect((await load(hashOf(PNG))).status).toBe(404);
    for (const hash of ['', 'x', hashOf(WEBP).toUpperCase()]) expect((await load(hash)).status).toBe(404);
  });

  it('belongs to its workspace: a deleted one serves none, another one has none', async () => {
    const key = await newKey(service, 'tenant-logo', ['admin']);
    const tenant = connectJson(service.baseUrl, key);
    const logo = ofSize(200);
    const made = await tenant(`${SERVICE}/UpdateWorkspace`, {
      workspace: { logo: logo.toString('base64') },
      updateMask: 'logo',
    });
    expect(made.status, JSON.stringify(made.body)).toBe(200);
    expect((await call(`${SERVICE}/GetWorkspace`, {})).body.workspace.logoHash).not.toBe(hashOf(logo));
    expect((await load(hashOf(logo))).status).toBe(200);
    await call(`${SERVICE}/DeleteWorkspace`, { workspace: 'tenant-logo' });
    expect((await load(hashOf(logo))).status).toBe(404);
  });

  it('is in the configuration that is exported, and in a workspace that it is applied to', async () => {
    await update(WEBP, {});
    const exported = await call('otp.admin.v1.ConfigurationService/ExportConfiguration', {});
    const { default: settings } = JSON.parse(exported.body.document).workspaces;
    expect(settings.settings.logo).toBe(WEBP.toString('base64'));
    const document = JSON.stringify({ version: 1, workspaces: { copied: { settings: settings.settings } } });
    const applied = await call('otp.admin.v1.ConfigurationService/ApplyConfiguration', { document });
    expect(applied.status, JSON.stringify(applied.body)).toBe(200);
    const copied = await call(`${SERVICE}/GetWorkspace`, { workspace: 'copied' });
    expect(copied.body.workspace.logoHash).toBe(hashOf(WEBP));
  });

  it('has its URL in what a verification page shows', async () => {
    await update(PNG);
    service.clock.advance(5_001);
    const { body } = await call('otp.v1.OtpService/Send', {
      recipients: { email: 'logo@example.com' },
      sandbox: true,
    });
    await call(`${SERVICE}/UpdateWorkspace`, {
      workspace: { returnUrls: ['https://shop.example.com/'] },
      updateMask: 'returnUrls',
    });
    const page = await call('otp.v1.VerificationPageService/CreateVerificationPage', {
      sessionId: body.session.id,
      returnUrl: 'https://shop.example.com/back',
    });
    const ref = new URL(page.body.url).pathname.split('/').at(-1);
    const shown = await call('otp.v1.VerificationPageService/GetVerificationPage', { ref });
    expect(shown.body.logoUrl).toMatch(new RegExp(`^http.*/logos/${hashOf(PNG)}$`));
  });
});
