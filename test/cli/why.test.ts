import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { VERSION } from '../../server/platform/version.js';
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

const sent = async (recipient: string): Promise<string> =>
  JSON.parse((await run(['send', recipient, '--operation', 'payment:4711', '--json'])).out).session.id;

describe('why', () => {
  it('says that nothing was requested', async () => {
    const { out, status } = await run(['why', 'unknown@example.com', '--json']);
    expect(status).toBe(0);
    expect(JSON.parse(out)).toMatchObject({ verdict: 'VERDICT_NOT_ASKED' });
  });

  it('prints the sentence, the evidence and what can be done', async () => {
    const id = await sent('accepted@example.com');
    const code = await deliveredCode(service, id);
    const found = JSON.parse((await run(['why', 'accepted@example.com', '--json'])).out);
    const { out, err } = await run(['why', 'accepted@example.com'], { terminal: true });
    const [sentence, head, ...evidence] = out.trimEnd().split('\n');
    expect(sentence).toBe(found.sentence);
    expect(head).toMatch(/^AT +FOUND +ABOUT$/);
    expect(evidence.join('\n')).toContain(`session ${id}`);
    expect(evidence).toHaveLength(found.evidence.length);
    expect(err).toBe(found.suggestions.map(({ text }: { text: string }) => `${text}\n`).join(''));
    await run(['verify', id], { input: code });
    const after = JSON.parse((await run(['why', 'accepted@example.com', '--json'])).out);
    expect(after.verdict).toBe('VERDICT_VERIFIED_NOT_REDEEMED');
  });

  it('needs a key with the scope support', async () => {
    const key = await newKey(service, 'reader', ['sessions.read']);
    const reader = commandLine({ COUNTERSIGN_URL: service.baseUrl, COUNTERSIGN_API_KEY: key });
    expect(await reader(['why', 'unknown@example.com'])).toMatchObject({ status: 77 });
  });
});

describe('sessions timeline', () => {
  it('prints what happened, oldest first, with delivery attempts and who redeemed', async () => {
    const id = await sent('timeline@example.com');
    const code = await deliveredCode(service, id);
    await run(['verify', id], { input: otherThan(code) });
    const token = (await run(['verify', id], { input: code })).out;
    expect(await run(['redeem', '--operation', 'payment:4711'], { input: token })).toMatchObject({
      err: '',
      status: 0,
    });
    const { out } = await run(['sessions', 'timeline', id]);
    const rows = out
      .trimEnd()
      .split('\n')
      .map((line) => line.split('\t'));
    expect(rows.map(([, event]) => event)).toEqual([
      'session_created',
      'delivery_attempted',
      'delivery_accepted',
      'code_rejected',
      'session_approved',
      'token_redeemed',
    ]);
    expect(rows[1]![3]).toMatch(/^inbox accepted/);
    expect(rows[3]![3]).toBe('2 attempts left');
    expect(rows[5]![3]).toBe('payment 4711');
    const json = JSON.parse((await run(['sessions', 'timeline', id, '--json'])).out);
    expect(json).toHaveLength(rows.length);
    expect(out + JSON.stringify(json)).not.toContain('timeline@example.com');
  });
});

describe('version', () => {
  it('--check-server says which version the service has', async () => {
    expect((await run(['version'])).out).toBe(`${VERSION}\n`);
    const { out, err } = await run(['version', '--check-server']);
    expect(out).toBe(`${VERSION}; ${service.baseUrl} runs ${VERSION}, in development\n`);
    expect(err).toBe('');
    const gone = commandLine({ COUNTERSIGN_URL: 'http://127.0.0.1:1', COUNTERSIGN_API_KEY: 'x' });
    expect(await gone(['version', '--check-server'])).toMatchObject({ status: 75 });
  });
});
