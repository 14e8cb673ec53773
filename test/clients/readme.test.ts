import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createOtpClient } from '../../clients/node/index.js';
import { connectJson } from '../support/connectJson.js';
import { startService, type TestService } from '../support/service.js';
import { deliveredCode, otherThan } from '../wire/support/delivered.js';
import { type Consumer, createConsumer, snippetsOf } from './support/consumer.js';

let service: TestService;
let consumer: Consumer;
beforeAll(async () => {
  service = await startService();
  consumer = await createConsumer();
  const [node] = await snippetsOf('clients/node/README.md');
  const [grpcJs, definition] = await snippetsOf('clients/grpc-js/README.md');
  const [web, following] = await snippetsOf('clients/web/README.md');
  const [errors] = await snippetsOf('clients/errors/README.md');
  await consumer.compile({
    node: node!,
    grpcJs: grpcJs!,
    definition: definition!,
    web: web!,
    following: following!,
    errors: errors!,
    lingering: LINGERING,
  });
}, 120_000);
afterAll(async () => {
  await service.stop();
  await consumer.remove();
});

/** A program that makes one call and is done. */
const LINGERING = `
  import { createOtpClient as createGrpcJsClient } from '@countersign/client/grpc-js';
  import { createOtpClient, type OtpClientOptions } from '@countersign/client/node';

  const { OTP_URL: baseUrl = '', OTP_API_KEY: apiKey = '' } = process.env;
  const [, , client, protocol] = process.argv as unknown as [0, 0, string, 'grpc'];
  const options: OtpClientOptions = { baseUrl, apiKey, protocol };
  const { otp } = client === 'node' ? createOtpClient(options) : createGrpcJsClient(options);
  const { sessions } = await otp.listSessions({ purpose: 'none-has-this' });
  console.log('found', sessions.length);
`;

/** Runs a compiled snippet. Resolves with what it wrote once it has ended by itself. */
async function run(
  module: string,
  reply?: (asked: number) => Promise<string>,
  args: readonly string[] = [],
): Promise<string> {
  const child = spawn(process.execPath, [join(consumer.dir, `${module}.js`), ...args], {
    env: { ...process.env, OTP_URL: service.baseUrl, OTP_API_KEY: service.liveKey },
  });
  let output = '';
  let asked = 0;
  child.stderr.pipe(process.stderr);
  child.stdout.setEncoding('utf8').on('data', async (text: string) => {
    output += text;
    if (reply && text.includes('The code: ')) child.stdin.write(`${await reply(asked++)}\n`);
  });
  const [code] = await once(child, 'close');
  expect(code).toBe(0);
  return output;
}

/** As the page does it: the module runs here, against the service over fetch. */
const load = (module: string) => import(pathToFileURL(join(consumer.dir, `${module}.js`)).href);

const latestSession = async () => {
  const call = connectJson(service.baseUrl, service.liveKey);
  const { body } = await call('otp.v1.OtpService/ListSessions', { pageSize: 1 });
  return body.sessions[0].id as string;
};

describe('the snippets of the READMEs, in a program that has the package installed', {
  timeout: 60_000,
}, () => {
  it('@countersign/client/node asks until the code is correct, redeems the proof, and lets the process end', async () => {
    const output = await run('node', async (asked) => {
      const code = await deliveredCode(service, await latestSession());
      return asked === 0 ? otherThan(code) : code;
    });
    expect(output).toContain('Invalid OTP, 2 left');
    expect(output).toContain('Proved for 4711: y***@example.com');
  });

  it('@countersign/client/grpc-js sends, and reads how long to wait', async () => {
    service.clock.advance(300_000);
    expect(await run('grpcJs')).toBe('Sent to y***@example.com\nRESEND_TOO_SOON: again in 30000 ms\n');
  });

  it('@countersign/client/grpc-js has the contract in the form of grpc-js', async () => {
    expect(await run('definition')).toBe('/otp.v1.OtpService/Send\n');
  });

  it('@countersign/client/web verifies the code of its session', async () => {
    const { submit } = await load('web');
    const call = connectJson(service.baseUrl, service.liveKey);
    const { body } = await call('otp.v1.OtpService/Send', { recipients: { email: 'page@example.com' } });
    const code = await deliveredCode(service, body.session.id);
    expect(await submit(service.baseUrl, body.sessionToken, otherThan(code))).toEqual({
      problem: 'Invalid OTP, 2 left',
    });
    expect(await submit(service.baseUrl, body.sessionToken, code)).toEqual({
      verificationToken: expect.stringMatching(/^otvt_/),
    });
  });

  it('@countersign/client/web follows its session until it ends', async () => {
    const { follow } = await load('following');
    const call = connectJson(service.baseUrl, service.liveKey);
    const { body } = await call('otp.v1.OtpService/Send', { recipients: { email: 'follow@example.com' } });
    const shown: string[] = [];
    const signal = new AbortController().signal;
    const over = follow(service.baseUrl, body.sessionToken, (text: string) => shown.push(text), signal);
    const code = await deliveredCode(service, body.session.id);
    await call('otp.v1.OtpService/Verify', { sessionId: body.session.id, code });
    await over;
    expect(shown).toEqual(['Done.']);
  });

  it('@countersign/client/errors returns the text for a person', async () => {
    const { advice } = await load('errors');
    const { otp, close } = createOtpClient({ baseUrl: service.baseUrl, apiKey: service.liveKey });
    const { session } = await otp.send({ recipients: { email: 'advice@example.com' } });
    const problem = (call: Promise<unknown>) => call.then(() => expect.unreachable(), advice);
    expect(await problem(otp.resend({ sessionId: session!.id }))).toBe('Wait 30 s.');
    expect(await problem(otp.verify({ sessionId: session!.id, code: '' }))).toBe(
      'code is required, or codes',
    );
    expect(await problem(otp.verify({ sessionId: session!.id, code: 'wrong' }))).toBe('Try again.');
    expect(advice(new TypeError('fetch failed'))).toBe('Something went wrong.');
    close();
  });

  it.each([
    ['node', 'grpc'],
    ['node', 'connect'],
    ['node', 'connect-http1'],
    ['grpc-js', 'grpc'],
  ])(
    'countersign/%s, speaking %s, lets the process end although it was not closed',
    async (client, protocol) => {
      expect(await run('lingering', undefined, [client, protocol])).toBe('found 0\n');
    },
  );

  it('no client includes the server', () => {
    const installed = join(consumer.dir, 'node_modules/@countersign/client');
    expect(existsSync(join(installed, 'clients/node/index.js'))).toBe(true);
    expect(existsSync(join(installed, 'server'))).toBe(false);
  });
});
