import { execFile } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { serviceForSuite } from '../support/serviceForSuite.js';
import { grpcurlBinary } from './support/grpcurl.js';

const binary = await grpcurlBinary();
if (!binary)
  console.warn('grpcurl is not tested: it is not on the path, and go is missing or cannot build it.');

const service = serviceForSuite();

/** grpcurl, which knows the contract only from reflection. */
const grpcurl = (flags: readonly string[], ...args: readonly string[]): Promise<string> =>
  new Promise((resolve) => {
    execFile(
      binary!,
      ['-plaintext', ...flags, `127.0.0.1:${service.port}`, ...args],
      (_failed, stdout, stderr) => resolve(stdout + stderr),
    );
  });

const describeSymbol = (name: string) => grpcurl([], 'describe', name);

const call = (method: string, request: object) =>
  grpcurl(['-H', `authorization: Bearer ${service.liveKey}`, '-d', JSON.stringify(request)], method);

describe.skipIf(!binary)('grpcurl, without a schema', { timeout: 30_000 }, () => {
  it('shows the comment and the access rule of a method', async () => {
    const shown = await describeSymbol('otp.v1.OtpService.Resend');
    expect(shown).toContain('// Scope: otp.send');
    expect(shown).toContain('// Reasons: ');
    expect(shown).toContain('option (.otp.v1.access)');
  });

  it('shows the comments and the validation rules of fields', async () => {
    const shown = await describeSymbol('otp.v1.Recipients');
    expect(shown).toMatch(/\/\/ .+\n {2}string email = 1/);
    expect(shown).toContain('(.buf.validate.field) = { string: { max_len: 254 } }');
  });

  it('client C2 shows the messages that errors carry', async () => {
    expect(await describeSymbol('google.rpc.ErrorInfo')).toContain('message ErrorInfo {');
  });

  it('client C2 prints the reason and the invalid field of a failed call in clear', async () => {
    const shown = await call('otp.v1.OtpService/Send', { config: { codeLength: 99 } });
    expect(shown).toContain('"reason": "INVALID_REQUEST"');
    expect(shown).toContain('"field": "config.code_length"');
  });

  it('prints why a session is not found', async () => {
    const shown = await call('otp.v1.OtpService/GetSession', {
      sessionId: '01890a5d-ac96-774b-bcce-b302099a8057',
    });
    expect(shown).toContain('"reason": "SESSION_NOT_FOUND"');
  });
});
