import { execFile, spawnSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bearer, restClient } from '../support/rest.js';
import { startService, type TestService } from '../support/service.js';
import { deliveredCode } from '../wire/support/delivered.js';
import { codeOf, newBeneficiary, newIntegration, newSponsor } from './support/beneficiaryApi.js';
import { PRINTED, requested } from './support/messagingApi.js';
import { BENEFICIARY, MESSAGING, MULTICHANNEL } from './support/printed.js';

const run = promisify(execFile);
const hasCurl = spawnSync('curl', ['--version']).status === 0;

describe.skipIf(!hasCurl)('a command of the documents, run by curl as it is printed,', () => {
  let service: TestService;
  let settings: string;
  let token: string;
  beforeAll(async () => {
    service = await startService();
    // So that curl shows the status without a word added to the command.
    settings = await mkdtemp(join(tmpdir(), 'countersign-curl-'));
    await writeFile(join(settings, '.curlrc'), 'silent\nwrite-out = "\\n%{http_code}"\n');
    ({ token } = await newIntegration(service));
    await newSponsor(service, { slug: 'sponsor-sandbox' });
    await newBeneficiary(service, 'sponsor-sandbox', {
      beneficiary_id: 'bnf_01HW8GQ2KMNP3F4R5T6Y7U8I9O',
      phone: '+573001234542',
    });
  });
  afterAll(async () => {
    await service.stop();
    await rm(settings, { recursive: true, force: true });
  });

  /** Runs a command in a shell that has the address and the credential, and nothing else of this process. */
  async function shell(command: string, credential: string) {
    const { stdout } = await run('sh', ['-c', command], {
      env: { PATH: process.env.PATH, CURL_HOME: settings, HOST: service.baseUrl, TOKEN: credential },
    });
    const lines = stdout.split('\n');
    const status = Number(lines.pop());
    return { status, body: JSON.parse(lines.join('\n')) };
  }

  it('sends an OTP to a beneficiary and validates it', async () => {
    const sent = await shell(BENEFICIARY.send, token);
    expect(sent).toEqual({
      status: 200,
      body: {
        otp_id: expect.stringMatching(/^otp_[0-9A-Z]{26}$/),
        channel: 'SMS',
        expires_in: 300,
        masked_destination: '+57 300 *** ** 42',
      },
    });
    const { otp_id } = sent.body;
    // What send returned and the beneficiary read replaces the document's example of it.
    const command = BENEFICIARY.validate
      .replace('otp_01HX9NPQ12ABCDEFGH34567890', otp_id)
      .replace('482913', await codeOf(service, otp_id));
    expect(await shell(command, token)).toEqual({
      status: 200,
      body: { otp_verification_token: expect.stringMatching(/^otvt_/), expires_in: 600 },
    });
  });

  it('finds no OTP under the example of an id', async () => {
    expect(await shell(BENEFICIARY.validate, token)).toEqual({
      status: 404,
      body: { error_code: '071-203', code: 'SESSION_NOT_FOUND', message: 'OTP session not found' },
    });
  });

  it.each([
    ['an e-mail', MULTICHANNEL.emailVerification, MULTICHANNEL.verifyEmail, 'email', 'APPROVED'],
    ['two channels', MULTICHANNEL.phoneVerification, MULTICHANNEL.verifyWhatsapp, 'whatsapp', 'APPROVED'],
    ['a log-in', MULTICHANNEL.twoFactor, MULTICHANNEL.verifyEmail, 'sms', 'APPROVED'],
  ])('sends a code to %s and verifies it', async (_, send, verify, channel, status) => {
    const sent = await shell(send, service.liveKey);
    expect(sent).toMatchObject({ status: 200, body: { success: true, session_token: expect.any(String) } });
    const { session_id, session_token } = sent.body;
    const code = await deliveredCode(service, session_id, channel);
    const command = verify
      .replace('eyJhbGc...', session_token)
      .replace(/123456|654321/, code)
      .replace('"email"', `"${channel}"`);
    expect(await shell(command, service.liveKey)).toMatchObject({
      status: 200,
      body: { success: true, verified: true, status },
    });
  });

  it('finds no session under the example of a token', async () => {
    expect(await shell(MULTICHANNEL.verifyEmail, service.liveKey)).toMatchObject({
      status: 404,
      body: { success: false, code: 'SESSION_NOT_FOUND' },
    });
  });

  it('gets the printed body for a messaging session that does not exist', async () => {
    const printed = PRINTED.NOT_FOUND('feab6011-2469-4804-ace5-ee9dcb5b9ef2');
    expect(await shell(MESSAGING.verify, service.liveKey)).toEqual(printed);
  });

  it('verifies a messaging session that does', async () => {
    const api = restClient(service.baseUrl, bearer(service.liveKey));
    const { sessionId, code } = await requested(service, api);
    const command = MESSAGING.verify
      .replace('feab6011-2469-4804-ace5-ee9dcb5b9ef2', sessionId)
      .replace('123456', code);
    expect(await shell(command, service.liveKey)).toEqual(PRINTED.APPROVED(sessionId));
  });
});
