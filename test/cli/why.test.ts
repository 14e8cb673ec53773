import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startService, type TestService } from '../support/service.js';
import { newKey } from '../support/tenant.js';
import { deliveredCode, otherThan } from '../wire/support/delivered.js';
import { commandLine } from './support/commandLine.js';

let service: TestService;
let run: ReturnType<typeof commandLine>;
beforeAll(async () => {
  service = await startService();
  run = commandLine({ COUNTERSIGN_URL: service.baseUrl, COUNTERSIGN_API_KEY: service.liveKey });
});
afterAll(() => service.stop());

const firstLine = ({ out }: { readonly out: string }) => out.split('\n')[0];

describe('why', () => {
  it('says that nothing was requested', async () => {
    expect(firstLine(await run(['why', 'nobody@example.com']))).toContain('No code was requested');
  });

  it('says that the provider accepted the message, with the session it found', async () => {
    const { out } = await run(['send', 'accepted@example.com', '--json']);
    const { id } = JSON.parse(out).session;
    const code = await deliveredCode(service, id);
    const found = await run(['why', 'accepted@example.com', '--json']);
    expect(JSON.parse(found.out).why).toContain('accepted the message by email');
    expect(found.out).toContain(id);
    await run(['verify', id], { input: code });
    expect(firstLine(await run(['why', 'accepted@example.com']))).toBe('A code arrived: it was verified.');
  });

  it('says that the guard refuses the number', async () => {
    await run(['guard', 'update', '--country-block', 'CO']);
    expect(firstLine(await run(['why', '+573001234542']))).toMatch(/^The guard refuses to send: \w*country/);
    await run(['guard', 'update', '--clear', 'country-block']);
  });

  it('says until when a recipient is blocked after wrong codes', async () => {
    const recipient = 'blocked@example.com';
    let blocked = '';
    for (let n = 0; n < 20 && !blocked; n++) {
      const { out, status } = await run(['send', recipient, '--json']);
      if (status !== 0) {
        service.clock.advance(61_000);
      } else {
        const { id } = JSON.parse(out).session;
        const code = await deliveredCode(service, id);
        for (let tries = 0; tries < 3; tries++) await run(['verify', id], { input: otherThan(code) });
      }
      blocked = /^Nothing is sent until .*wrong codes.*/.exec((await run(['why', recipient])).out)?.[0] ?? '';
    }
    expect(blocked).toContain('too many wrong codes');
  });

  it('leaves out what the key may not see', async () => {
    const key = await newKey(service, 'reader', ['sessions.read']);
    const reader = commandLine({ COUNTERSIGN_URL: service.baseUrl, COUNTERSIGN_API_KEY: key });
    expect(await reader(['why', 'nobody@example.com'])).toMatchObject({ status: 0 });
  });
});

describe('version', () => {
  it('--check-server says whether the service is ready', async () => {
    expect((await run(['version'])).out).toMatch(/^\d+\.\d+\.\d+\n$/);
    expect((await run(['version', '--check-server'])).out).toContain(`${service.baseUrl} is ready`);
    const gone = commandLine({ COUNTERSIGN_URL: 'http://127.0.0.1:1', COUNTERSIGN_API_KEY: 'x' });
    expect(await gone(['version', '--check-server'])).toMatchObject({ status: 75 });
  });
});
