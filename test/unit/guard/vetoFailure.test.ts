import type { ServerResponse } from 'node:http';
import { describe, expect, it } from 'vitest';
import { eventually } from '../../support/eventually.js';
import { newKey } from '../../support/tenant.js';
import { json, startBackend } from './support/backend.js';
import { SERVICE, vetoAdmin } from './support/vetoAdmin.js';

const { service, backend, asking, send, refused, sessions } = await vetoAdmin();

/** Every way to give no valid response, and what is recorded of it. */
const MISBEHAVIOUR: [what: string, respond: (response: ServerResponse) => void, detail: string][] = [
  ['is slow', () => service.clock.advance(1_000), 'TIMEOUT'],
  [
    'stops halfway',
    (response) => {
      response.writeHead(200, { 'content-length': '100' }).write('{"allow"');
      service.clock.advance(1_000);
    },
    'TIMEOUT',
  ],
  ['fails', json({ allow: true }, 500), 'HTTP_500'],
  ['is busy', json({ allow: true }, 503), 'HTTP_503'],
  ['responds with nothing', (response) => void response.writeHead(204).end(), 'HTTP_204'],
  [
    'leads elsewhere',
    (response) => void response.writeHead(307, { location: `${backend.url}/other` }).end(),
    'HTTP_307',
  ],
  ['writes no JSON', (response) => void response.end('allow'), 'NOT_UNDERSTOOD'],
  ['writes half of it', (response) => void response.end('{"allow": tr'), 'NOT_UNDERSTOOD'],
  ['writes other JSON', json([{ allow: true }]), 'NOT_UNDERSTOOD'],
  ['writes nothing', json(null), 'NOT_UNDERSTOOD'],
  ['says yes in a text', json({ allow: 'true' }), 'NOT_UNDERSTOOD'],
  ['says neither', json({ allowed: true }), 'NOT_UNDERSTOOD'],
  ['writes too much', json({ allow: true, more: 'x'.repeat(16_384) }), 'TOO_LARGE'],
  ['hangs up', (response) => response.destroy(), 'UNREACHABLE'],
];

describe.each(MISBEHAVIOUR)('a backend that %s', (_what, respond, detail) => {
  it('refuses the send, for a second, where it fails closed', async () => {
    const { admin } = await asking();
    backend.respond = respond;
    const { reason, headers } = await send(admin);
    expect([reason, headers.get('retry-after')]).toEqual(['SEND_REFUSED', '1']);
    expect(await refused(admin)).toMatchObject([{ rules: ['GUARD_RULE_VETO_UNANSWERED'], detail }]);
    expect(await sessions(admin)).toEqual([]);
    expect(backend.asked.map(({ path }) => path)).toEqual(['/check']);
  });

  it('lets the send pass where it fails open, and that is logged', async () => {
    const { admin, workspace } = await asking({ failOpen: true });
    backend.respond = respond;
    expect((await send(admin)).status).toBe(200);
    expect(await refused(admin)).toEqual([]);
    const lines = service
      .logged()
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(lines).toContainEqual(expect.objectContaining({ workspace, error: detail, failOpen: true }));
  });
});

describe('a backend', () => {
  it('that is not there refuses where it fails closed', async () => {
    const gone = await startBackend();
    await gone.close();
    const { admin } = await asking({ url: gone.url });
    expect((await send(admin)).reason).toBe('SEND_REFUSED');
    expect(await refused(admin)).toMatchObject([{ detail: 'UNREACHABLE' }]);
  });

  it('may respond up to the last millisecond of its time, and with 16,384 bytes', async () => {
    const { admin } = await asking({ timeout: '5s' });
    const padding = 'x'.repeat(16_384 - '{"allow":true,"more":""}'.length);
    backend.respond = (response) => {
      service.clock.advance(4_999);
      json({ allow: true, more: padding })(response);
    };
    expect((await send(admin)).status).toBe(200);
    backend.respond = () => service.clock.advance(5_000);
    expect((await send(admin)).reason).toBe('SEND_REFUSED');
  });

  it('that fails open still refuses when it says no', async () => {
    const { admin } = await asking({ failOpen: true });
    backend.respond = json({ allow: false });
    expect((await send(admin)).reason).toBe('SEND_REFUSED');
    expect((await refused(admin))[0]).not.toHaveProperty('detail');
  });

  it('is asked for a caller that cancels, and nothing is sent, counted or recorded', async () => {
    const { admin, workspace } = await asking({ failOpen: true });
    await admin(`${SERVICE}/UpdateGuard`, {
      guard: { prefixVelocity: { max: 1 } },
      updateMask: 'prefixVelocity',
    });
    const key = await newKey(service, workspace);
    const caller = new AbortController();
    let held: ServerResponse | undefined;
    backend.respond = (response) => {
      held = response;
      caller.abort();
    };
    const abandoned = fetch(`${service.baseUrl}/otp.v1.OtpService/Send`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${key}` },
      body: JSON.stringify({ recipients: { sms: '+573008880001' } }),
      signal: caller.signal,
    });
    await expect(abandoned).rejects.toThrow();
    await eventually(() => service.logged().includes('"reason":"ABANDONED"'));
    await eventually(() => held!.closed);
    expect(await sessions(admin)).toEqual([]);
    expect(await refused(admin)).toEqual([]);
    backend.respond = json({ allow: true });
    expect((await send(admin, { recipients: { sms: '+573008880002' } })).status).toBe(200);
  });
});
